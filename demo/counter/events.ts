import type { Event } from "rivulet";

/** The prefix of the streams of counters: each counter is a stream. */
export const PREFIX = "counter-";

/** The events of a counter. Events are never removed: an undo is another event, with the opposite effect. */
export type CounterEvent =
  | Event<"opened", { readonly label: string }>
  | Event<"incremented", { readonly by: number }>
  | Event<"decremented", { readonly by: number }>
  | Event<"undone", Compensation>
  | Event<"redone", Compensation>
  | Event<"removed", undefined>
  | Event<"restored", undefined>;

/** The version of the event that is undone or redone, and the effect on the value. */
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
  "restored",
];
