import type { Event } from "rivulet";

/** The prefix of the streams of counters: each counter is a stream. */
export const PREFIX = "counter-";

/** The events of a counter. Events are never removed: an undo is another event, with the opposite effect. */
export type CounterEvent =
  | Event<"opened", { readonly label: string } & Partial<Compensation>>
  | Event<"incremented", { readonly by: number }>
  | Event<"decremented", { readonly by: number }>
  | Event<"undone", Compensation>
  | Event<"redone", Compensation>
  | Event<"removed", TakenBack | undefined>
  | Event<"restored", TakenBack | undefined>;

/** The version of the event that is undone or redone, and the effect on the value. */
export interface Compensation {
  readonly version: number;
  readonly by: number;
}

/** Set if the event takes back another one, such as the opening of a counter in the place of a removed one. */
interface TakenBack extends Compensation {
  /** The label that the counter has again. */
  readonly label?: string;
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
