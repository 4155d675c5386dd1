import type { Event } from "rivulet";

/** Every counter is a stream of its own, whose name starts so. */
export const PREFIX = "counter-";

/** What can happen to a counter. Nothing is ever taken back: to undo is one more event, with the opposite effect. */
export type CounterEvent =
  | Event<"opened", { readonly label: string }>
  | Event<"incremented", { readonly by: number }>
  | Event<"decremented", { readonly by: number }>
  | Event<"undone", Compensation>
  | Event<"redone", Compensation>
  | Event<"removed", undefined>;

/** Which change is taken back or made again, by its version, and what that does to the value. */
export interface Compensation {
  readonly version: number;
  readonly by: number;
}

export type CounterEventType = CounterEvent["type"];

export const EVENT_TYPES: readonly CounterEventType[] = [
  "opened",
  "incremented",
  "decremented",
  "undone",
  "redone",
  "removed",
];
