import { defineDecider } from "rivulet/deciders";
import { decide, type Command } from "./commands.ts";
import { next, NO_COUNTER, type Counter } from "./counter.ts";
import type { CounterEvent } from "./events.ts";

/** How many events are read for a command at most: those after the newest snapshot. */
export const SNAPSHOT_EVERY = 50;

/** Decides on commands: on the current counter, and again after a conflict. */
export const counterDecider = defineDecider<Counter, Command, CounterEvent>({
  name: "counter",
  schema: 5,
  initial: () => NO_COUNTER,
  decide: (command, counter) => decide(counter, command),
  evolve: next,
  snapshots: { every: SNAPSHOT_EVERY },
});
