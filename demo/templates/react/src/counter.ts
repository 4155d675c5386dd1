import type { Event } from "rivulet";
import { defineProjection } from "rivulet/projections";

/** What can happen to a counter. */
export type CounterEvent = Event<"incremented", { by: number }>;

/** The state of a counter: the sum of its events. */
export const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + data.by },
});
