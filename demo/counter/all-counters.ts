import type { StoredEvent } from "rivulet";
import { defineProjection, type Projection } from "rivulet/projections";
import { next, NO_COUNTER, SCHEMA, type Counters } from "./counter.ts";
import { PREFIX, type CounterEvent } from "./events.ts";

const intoAll = (counters: Counters, event: StoredEvent<CounterEvent>): Counters =>
  event.stream.startsWith(PREFIX)
    ? { ...counters, [event.stream]: next(counters[event.stream] ?? NO_COUNTER, event) }
    : counters;

/**
 * All counters, folded from the whole store. It keeps many snapshots, so that any position in the past loads quickly.
 */
export const allCounters: Projection<Counters, CounterEvent> = allCountersOf(SCHEMA);

/** The same with snapshots of a schema of its own. */
export function allCountersOf(schema: number): Projection<Counters, CounterEvent> {
  return defineProjection<Counters, CounterEvent>({
    name: "counters",
    schema,
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
}
