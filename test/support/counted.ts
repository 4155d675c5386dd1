import type { Event } from "rivulet";

export type Counted = Event<"counted", number>;

/** New events whose data count up. */
export function counted(count: number, first = 1): Counted[] {
  return Array.from({ length: count }, (_, index) => ({ type: "counted", data: first + index }));
}
