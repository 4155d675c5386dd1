import type { NewEvent, StoredEvent } from "rivulet";
import type { Compensation, CounterEvent } from "./events.ts";
import { nameOf } from "./names.ts";
import { readEvent } from "./read-event.ts";

/** The version of a counter's state: raise it when the state or the fold changes, so that older snapshots are ignored. */
export const SCHEMA = 5;

/** The number of changes of a counter that can be undone. */
const UNDO_DEPTH = 50;

/** How often a change can be undone and redone until its first events can no longer be taken back. */
const TURNED = 100;

/** What can be taken back, and made again. */
interface Reversible extends Compensation {
  /** The ids of the events that made it, undid it, redid it, and so on; the first is that of the act, if it is of several events. */
  readonly ids: readonly string[];
}

/** A change of the value, which can be taken back whatever else was changed since then. */
type Change = Reversible;

/** An event that opened, removed or restored the counter; `by` is what it did to the value. */
export interface Turn extends Reversible {
  readonly type: "opened" | "removed" | "restored";
  /** The label with it, and before it. */
  readonly label: string;
  readonly before: string;
}

/** The state of one counter, folded from its events. */
export interface Counter {
  readonly label: string;
  readonly value: number;
  /** The number of its events. */
  readonly version: number;
  /** Whether the counter is shown; a removed one keeps its history. */
  readonly open: boolean;
  /** The number of its events that could not be read, or only in part. */
  readonly unread: number;
  /** The changes that can be undone and redone; the last one is next. */
  readonly undo: readonly Compensation[];
  readonly redo: readonly Compensation[];
  /** The newest changes, undone or not, with those before the counter was last opened. */
  readonly changes: readonly Change[];
  /** The newest turns. Only those at the end are undone. */
  readonly turns: readonly Turn[];
}

/** All counters, by stream. */
export type Counters = Readonly<Record<string, Counter>>;

export const NO_COUNTER: Counter = {
  label: "",
  value: 0,
  version: 0,
  open: false,
  unread: 0,
  undo: [],
  redo: [],
  changes: [],
  turns: [],
};

/** Returns what an event adds to the value. */
export function changeOf({ type, data }: Pick<NewEvent<CounterEvent>, "type" | "data">): number {
  const by = data !== undefined && "by" in data ? (data.by ?? 0) : 0;
  return type === "decremented" ? 0 - by : by;
}

/** Whether a value can be counted exactly. */
export function isCountable(value: number): boolean {
  return Number.isSafeInteger(value);
}

/** Returns the label of a counter; one that was never given a label shows its stream's name. */
export function labelOf(stream: string, counters: Counters = {}): string {
  return counters[stream]?.label || nameOf(stream);
}

/** Returns the version from which on the changes of a counter count: that of its last opening. */
export function startOf(turns: readonly Turn[]): number {
  return turns.reduce((start, one) => (one.type === "opened" && !isUndone(one) ? one.version : start), 0);
}

/** Applies an event to a counter. One that cannot be read changes nothing, and is counted. */
export function next(counter: Counter, stored: StoredEvent): Counter {
  const { version, stream, id } = stored;
  const { event, fault } = readEvent(stored);
  const known = { ...counter, label: counter.label || nameOf(stream), version };
  if (event === undefined) return { ...known, unread: counter.unread + 1 };
  const { type, data } = event;
  const change = changeOf(event);
  const fits = isCountable(counter.value + change);
  const by = fits ? change : 0;
  const unread = counter.unread + (fits && fault === undefined ? 0 : 1);
  const moved = { ...known, open: true, unread, value: counter.value + by };
  switch (type) {
    case "opened":
    case "removed":
    case "restored":
      return data?.version === undefined ? turn(counter, moved, event) : turnBack(moved, event, data.version);
    case "undone":
    case "redone": {
      const undone = type === "undone";
      const one = { version: data.version, by: undone ? -by : by };
      return {
        ...moved,
        undo: undone ? without(counter.undo, one) : push(counter.undo, one),
        redo: undone ? push(counter.redo, one) : without(counter.redo, one),
        changes: counter.changes.map((made) => (made.version === one.version ? turned(made, id) : made)),
      };
    }
    default: {
      const act = actOf(event);
      const found = act === undefined ? undefined : findBegun(counter, act);
      const begun = found !== undefined && isCountable(found.by + by) ? found : undefined;
      const one = begun === undefined ? { version, by } : { version: begun.version, by: begun.by + by };
      const ids = begun?.ids ?? [act ?? id];
      return {
        ...moved,
        undo: push(without(counter.undo, one), one),
        redo: [],
        changes: push(without(counter.changes, one), { ...one, ids }),
      };
    }
  }
}

/** Returns the id of the act that an event is a part of, such as a random walk. */
function actOf({ metadata: { act } }: StoredEvent): string | undefined {
  return typeof act === "string" ? act : undefined;
}

/** Finds the change that an act has made so far; if that was undone, the rest of the act is another change. */
function findBegun({ changes, undo }: Counter, act: string): Change | undefined {
  return changes.find(({ ids: [first], version }) => first === act && undo.some((one) => one.version === version));
}

type TurnEvent = Extract<StoredEvent<CounterEvent>, { readonly type: Turn["type"] }>;

function turn(
  { label: before, value, turns }: Counter,
  moved: Counter,
  { id, version, type, data }: TurnEvent,
): Counter {
  const opens = type === "opened";
  const label = data?.label ?? moved.label;
  const one: Turn = { ids: [id], version, type, by: opens ? 0 - value : 0, label, before };
  return {
    ...moved,
    label,
    open: type !== "removed",
    turns: push(
      turns.filter((made) => !isUndone(made)),
      one,
    ),
    ...(opens && { value: 0, undo: [], redo: [] }),
  };
}

/** Takes a turn back, or makes it again. If it opened the counter, the changes before it count again, or no longer. */
function turnBack(moved: Counter, { id, type, data }: TurnEvent, version: number): Counter {
  const taken = moved.turns.find((one) => one.version === version);
  const turns = moved.turns.map((one) => (one === taken ? turned(one, id) : one));
  const undo = moved.changes.filter((one) => !isUndone(one) && one.version > startOf(turns));
  return {
    ...moved,
    label: data?.label ?? moved.label,
    open: type !== "removed",
    turns,
    ...(taken?.type === "opened" && { undo: undo.map((one) => ({ version: one.version, by: one.by })), redo: [] }),
  };
}

/** Returns the id of the last event of the change that is undone or redone next. */
export function nextOf({ changes, ...counter }: Counter, direction: "undo" | "redo"): string | undefined {
  const last = counter[direction].at(-1);
  return changes.find(({ version }) => version === last?.version)?.ids.at(-1);
}

/** Whether an event undid what it is about: whoever takes it back makes that again. */
export function undid({ changes, turns }: Counter, event: string): boolean {
  return [...changes, ...turns].some(({ ids }) => ids.indexOf(event) % 2 === 1);
}

/** Whether the last event about it undid it. */
export function isUndone({ ids }: Reversible): boolean {
  return ids.length % 2 === 0;
}

function turned<One extends Reversible>(one: One, id: string): One {
  const { ids } = one;
  return { ...one, ids: [...(ids.length < TURNED ? ids : ids.slice(2)), id] };
}

function without<One extends Compensation>(list: readonly One[], { version }: Compensation): readonly One[] {
  return list.filter((one) => one.version !== version);
}

function push<One>(list: readonly One[], one: One): readonly One[] {
  return [...list.slice(1 - UNDO_DEPTH), one];
}
