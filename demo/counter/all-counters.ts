import type { StoredEvent } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { next, NO_COUNTER, type Counters } from "./counter.ts";
import { PREFIX, type CounterEvent } from "./events.ts";

const intoAll = (counters: Counters, event: StoredEvent<CounterEvent>): Counters =>
  event.stream.startsWith(PREFIX)
    ? { ...counters, [event.stream]: next(counters[event.stream] ?? NO_COUNTER, event) }
    : counters;

/**
 * All counters, folded from the whole store. It keeps many snapshots, so that any position in the past loads quickly.
 */
export const allCounters = defineProjection<Counters, CounterEvent>({
  name: "counters",
  schema: 5,
  initial: () => ({}),
  on: {
    opened: intoAll,
    incremented: intoAll,
    decremented: intoAll,
    undone: intoAll,
    redone: intoAll,
    removed: intoAll,
    restored: intoAll,
  },
  snapshots: { every: 500, keep: 200 },
});
