import type { Decider } from "rivulet/deciders";
import type { Projection } from "rivulet/projections";
import { allCountersOf } from "./all-counters.ts";
import type { Command } from "./commands.ts";
import { counterDeciderOf } from "./counter-decider.ts";
import { SCHEMA, type Counter, type Counters } from "./counter.ts";
import type { CounterEvent } from "./events.ts";

/** The definitions that fold events and save snapshots. */
export interface Folds {
  readonly counters: Projection<Counters, CounterEvent>;
  readonly decider: Decider<Counter, Command, CounterEvent>;
}

/** More than this page will ever have versions of its state. */
const STEP = 1_000_000;

/** Returns the definitions; those of each round ignore the snapshots of all others, and fold again from the events. */
export function foldsOf(round = 0): Folds {
  const schema = SCHEMA + round * STEP;
  return { counters: allCountersOf(schema), decider: counterDeciderOf(schema) };
}
