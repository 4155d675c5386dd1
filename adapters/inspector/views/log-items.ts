import { isEventStoreError, type ReadAllOptions, type StoredEvent } from "../../../src/index.ts";
import type { Inspection } from "../../../src/inspection/index.ts";
import type { ListSource } from "../parts/virtual-list.ts";

/** An event that cannot be read. */
export interface BrokenEvent {
  readonly position: number;
  readonly error: unknown;
}

/** A row of the log. */
export type LogItem = StoredEvent | BrokenEvent;

export function isBroken(item: LogItem): item is BrokenEvent {
  return "error" in item;
}

/** Which events of the log are shown. */
export interface LogFilter {
  /** A stream, or with an asterisk at the end all streams that begin like that. */
  readonly stream: string;
  /** Types, separated by commas. */
  readonly types: string;
}

/** The rows of the log, the newest first. */
export interface LogSource extends ListSource<LogItem> {
  /** Takes new events into account. Resolves with how many rows there are before those that were first. */
  grow(head: number): Promise<number>;
  /** The row of a position, if it is known where it is. */
  indexOf(position: number): number;
  /** Whether all rows are counted: else there are older ones. */
  readonly complete: boolean;
}

/** How many events are read at once, and how many are kept in memory. */
const PAGE = 200;
const MOST_KEPT = 20_000;

/** Turns what is written in the fields into a filter. */
export function toFilter({ stream, types }: LogFilter): Pick<ReadAllOptions, "streams" | "streamPrefix" | "types"> {
  const wanted = types
    .split(",")
    .map((type) => type.trim())
    .filter((type) => type !== "");
  return {
    ...(stream.endsWith("*") && { streamPrefix: stream.slice(0, -1) }),
    ...(stream !== "" && !stream.endsWith("*") && { streams: [stream] }),
    ...(wanted.length > 0 && { types: wanted }),
  };
}

/** All events: each has its row, wherever one scrolls to. `changed` is called when more of them are there. */
export function everyEvent(
  inspection: Inspection,
  head: number,
  changed: () => void,
  failed: (error: unknown) => void,
): LogSource {
  const kept = new Map<number, LogItem>();
  const asked = new Set<number>();
  let newest = head;

  async function load(after: number, upTo: number): Promise<void> {
    asked.add(after);
    try {
      if (kept.size > MOST_KEPT) kept.clear();
      for (const item of await readRange(inspection, after, upTo)) kept.set(item.position, item);
      changed();
    } catch (error) {
      failed(error);
    } finally {
      asked.delete(after);
    }
  }

  return {
    get count() {
      return newest;
    },
    complete: true,
    at: (index) => kept.get(newest - index),
    indexOf: (position) => newest - position,
    ensure(from, to) {
      const [oldest, last] = [newest - to + 1, newest - from];
      for (let page = Math.floor((oldest - 1) / PAGE); page * PAGE < last; page++) {
        const [after, upTo] = [page * PAGE, Math.min((page + 1) * PAGE, newest)];
        const lacking = (position: number): boolean => !kept.has(position);
        const wanted = rangeOf(Math.max(after + 1, oldest), Math.min(upTo, last));
        if (!asked.has(after) && wanted.some(lacking)) void load(after, upTo);
      }
    },
    async grow(now) {
      const added = now - newest;
      newest = now;
      return added;
    },
  };
}

function rangeOf(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

/** Reads events; one that is damaged is told in its place. */
async function readRange(inspection: Inspection, after: number, upTo: number): Promise<readonly LogItem[]> {
  const items: LogItem[] = [];
  for (let from = after; from < upTo;) {
    try {
      for await (const event of inspection.read({ after: from, upTo })) {
        items.push(event);
        from = event.position;
      }
      return items;
    } catch (error) {
      const position = isEventStoreError(error, "storage-corrupt") ? error.details.position : undefined;
      if (position === undefined) throw error;
      items.push({ position, error });
      from = position;
    }
  }
  return items;
}

/** The events that a filter selects: older ones are read when one scrolls to them. */
export function filteredEvents(
  inspection: Inspection,
  filter: LogFilter,
  head: number,
  changed: () => void,
  failed: (error: unknown) => void,
): LogSource {
  const options = toFilter(filter);
  const items: StoredEvent[] = [];
  let newest = head;
  let oldest = head;
  let complete = false;
  let busy = false;

  async function older(): Promise<void> {
    busy = true;
    try {
      const found = await inspection.read({ ...options, upTo: oldest, direction: "backward", limit: PAGE }).toArray();
      items.push(...found);
      complete = found.length < PAGE;
      oldest = (items.at(-1)?.position ?? 1) - 1;
      changed();
    } catch (error) {
      complete = true;
      failed(error);
    } finally {
      busy = false;
    }
  }

  return {
    get count() {
      return items.length + (complete ? 0 : 1);
    },
    get complete() {
      return complete;
    },
    at: (index) => items[index],
    indexOf: (position) => items.findIndex((item) => item.position === position),
    ensure(_from, to) {
      if (!complete && !busy && to > items.length - PAGE / 2) void older();
    },
    async grow(now) {
      const found = await inspection.read({ ...options, after: newest, upTo: now, direction: "backward" }).toArray();
      newest = now;
      items.unshift(...found);
      return found.length;
    },
  };
}
