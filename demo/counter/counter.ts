import type { StoredEvent } from "rivulet";
import { PREFIX, type Compensation, type CounterEvent } from "./events.ts";

/** So many changes of a counter can be taken back. */
const UNDO_DEPTH = 50;

/** One counter, as its events made it. */
export interface Counter {
  readonly label: string;
  readonly value: number;
  /** How many events it has had. */
  readonly version: number;
  /** Whether it is on the page; a removed one keeps its history. */
  readonly open: boolean;
  /** What can be taken back, and what can be made again: the next one is the last. */
  readonly undo: readonly Compensation[];
  readonly redo: readonly Compensation[];
}

/** All counters by their streams. */
export type Counters = Readonly<Record<string, Counter>>;

export const NO_COUNTER: Counter = { label: "", value: 0, version: 0, open: false, undo: [], redo: [] };

/** What an event adds to the value. An event from elsewhere that says nothing usable adds nothing. */
export function changeOf({ type, data }: Pick<StoredEvent<CounterEvent>, "type" | "data">): number {
  const by = (data as { readonly by?: unknown } | undefined)?.by;
  if (typeof by !== "number" || !Number.isFinite(by)) return 0;
  return type === "decremented" ? -by : by;
}

/** What stands on the card of a counter that was never opened by name. */
export function labelOf(stream: string, label?: string): string {
  return label ?? stream.slice(PREFIX.length);
}

/** The counter after one more event. */
export function next(counter: Counter, event: StoredEvent<CounterEvent>): Counter {
  const { type, data, version, stream } = event;
  const by = changeOf(event);
  const moved = { ...counter, label: counter.label || labelOf(stream), open: true, version, value: counter.value + by };
  switch (type) {
    case "opened":
      return { ...moved, label: data.label, value: 0, undo: [], redo: [] };
    case "removed":
      return { ...moved, open: false };
    case "undone":
      return {
        ...moved,
        undo: counter.undo.slice(0, -1),
        redo: push(counter.redo, { version: data.version, by: -by }),
      };
    case "redone":
      return { ...moved, undo: push(counter.undo, { version: data.version, by }), redo: counter.redo.slice(0, -1) };
    default:
      return { ...moved, undo: push(counter.undo, { version, by }), redo: [] };
  }
}

function push(list: readonly Compensation[], one: Compensation): readonly Compensation[] {
  return [...list.slice(1 - UNDO_DEPTH), one];
}
