import type { StoredEvent } from "rivulet";
import { PREFIX, type Compensation, type CounterEvent } from "./events.ts";

/** The number of changes of a counter that can be undone. */
const UNDO_DEPTH = 50;

/** The state of one counter, folded from its events. */
export interface Counter {
  readonly label: string;
  readonly value: number;
  /** The number of its events. */
  readonly version: number;
  /** Whether the counter is shown; a removed one keeps its history. */
  readonly open: boolean;
  /** The changes that can be undone and redone; the last one is next. */
  readonly undo: readonly Compensation[];
  readonly redo: readonly Compensation[];
}

/** All counters, by stream. */
export type Counters = Readonly<Record<string, Counter>>;

export const NO_COUNTER: Counter = { label: "", value: 0, version: 0, open: false, undo: [], redo: [] };

/** Returns what an event adds to the value. An event from elsewhere with unusable data adds nothing. */
export function changeOf({ type, data }: Pick<StoredEvent<CounterEvent>, "type" | "data">): number {
  const by = (data as { readonly by?: unknown } | undefined)?.by;
  if (typeof by !== "number" || !Number.isFinite(by)) return 0;
  return type === "decremented" ? -by : by;
}

/** Returns the label of a counter; one that was never given a label shows its stream's name. */
export function labelOf(stream: string, label?: string): string {
  return label ?? stream.slice(PREFIX.length);
}

/** Applies an event to a counter. */
export function next(counter: Counter, event: StoredEvent<CounterEvent>): Counter {
  const { type, data, version, stream } = event;
  const by = changeOf(event);
  const moved = { ...counter, label: counter.label || labelOf(stream), open: true, version, value: counter.value + by };
  switch (type) {
    case "opened":
      return { ...moved, label: data.label, value: 0, undo: [], redo: [] };
    case "removed":
      return { ...moved, open: false };
    case "restored":
      return moved;
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
