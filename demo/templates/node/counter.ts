import type { Event } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineProjection } from "rivulet/projections";

/** What can happen to a counter. */
export type CounterEvent = Event<"incremented", { by: number }>;

const initial = (): number => 0;
const on = { incremented: (sum: number, { data }: CounterEvent): number => sum + data.by };

/** What a command is refused with. */
export class Refused extends Error {}

/** The command of a counter. */
export const counting = defineDecider<number, { add: number }, CounterEvent>({
  initial,
  evolve: on,
  decide({ add }, sum) {
    if (sum + add > 1000) throw new Refused("that is too much");
    return { type: "incremented", data: { by: add } };
  },
});

/** Its state. */
export const total = defineProjection<number, CounterEvent>({ name: "total", initial, on });
