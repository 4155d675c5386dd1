import { defineDecider, type Decider } from "rivulet/deciders";
import { decide, type Command } from "./commands.ts";
import { next, NO_COUNTER, SCHEMA, type Counter } from "./counter.ts";
import type { CounterEvent } from "./events.ts";

/** How many events are read for a command at most: those after the newest snapshot. */
export const SNAPSHOT_EVERY = 50;

/** Decides on commands: on the current counter, and again after a conflict. */
export const counterDecider: Decider<Counter, Command, CounterEvent> = counterDeciderOf(SCHEMA);

/** The same with snapshots of a schema of its own. */
export function counterDeciderOf(schema: number): Decider<Counter, Command, CounterEvent> {
  return defineDecider<Counter, Command, CounterEvent>({
    name: "counter",
    schema,
    initial: () => NO_COUNTER,
    decide: (command, counter) => decide(counter, command),
    evolve: next,
    snapshots: { every: SNAPSHOT_EVERY },
  });
}
