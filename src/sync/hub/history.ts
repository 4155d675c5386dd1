import type { StoredEvent } from "../../event.ts";
import { createPager, type Pager } from "../../read/pager.ts";
import type { FollowedRecord, RecordFilter } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { covers } from "../../storage/sync-rules.ts";

/** Up to this many positions are scanned with a filter, which a storage does in one page. */
const SCANNED = 20_000;

/** A longer history is read stream by stream if there are at most so many streams, and one event in so many is asked for. */
const MOST_STREAMS = 256;
const RARE = 16;

/** About how many events a batch of several streams has. */
const BATCH = 400;

/** Events that were asked for, in order; all of them up to a position. */
export interface HistoryBatch {
  readonly events: readonly StoredEvent[];
  readonly position: number;
}

/** The past of what was asked for. */
export interface History {
  /** Resolves with the next events, and with undefined once the end was reached. Rejects like a read. */
  next(): Promise<HistoryBatch | undefined>;
}

type Source = Pick<StoreContext, "storage" | "format" | "pause">;

/** A stream, and the version after which it is read. */
interface Part {
  readonly stream: string;
  readonly after: number;
}

/** Reads events of items between two positions. What is read is in proportion to what is asked for, however long the history is. */
export async function openHistory(
  source: Source,
  items: readonly FollowedRecord[],
  after: number,
  upTo: number,
): Promise<History> {
  const range = upTo - after;
  const parts = range > SCANNED ? await partsOf(source, items, upTo, range / RARE) : undefined;
  return parts === undefined ? scan(source, items, after, upTo) : merge(source, parts, upTo);
}

/** Tells whether a replica has asked for an event. */
export function askedBy(items: readonly FollowedRecord[]): (event: StoredEvent) => boolean {
  const streams = new Map<string, number>();
  for (const { kind, name, position } of items)
    if (kind === "stream") streams.set(name, Math.min(position, streams.get(name) ?? position));
  const prefixes = items.filter(({ kind }) => kind === "prefix");
  return ({ stream, position }) =>
    position > (streams.get(stream) ?? Infinity) ||
    prefixes.some((item) => item.position < position && covers(item, stream));
}

function scan(source: Source, items: readonly FollowedRecord[], after: number, upTo: number): History {
  const filter = filterOf(items);
  const isAsked = askedBy(items);
  const pager = createPager(source, { after, upTo, direction: "forward", ...(filter && { filter }) }, upTo);
  return {
    async next() {
      const events = await pager.next();
      return events && { events: events.filter(isAsked), position: pager.cursor };
    },
  };
}

/** A filter that passes at least what was asked for. */
function filterOf(items: readonly FollowedRecord[]): RecordFilter | undefined {
  const names = items.map(({ name }) => name);
  if (items.every(({ kind }) => kind === "stream")) return { streams: names };
  const [first = ""] = names;
  let length = first.length;
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length -= 1;
  return length === 0 ? undefined : { streamPrefix: first.slice(0, length) };
}

/** Reads the streams side by side, in the order of positions. */
function merge(source: Source, parts: readonly Part[], upTo: number): History {
  const most = Math.max(8, Math.ceil(BATCH / parts.length));
  let lanes = parts.map(({ stream, after }): { readonly pager: Pager; events: readonly StoredEvent[] } => ({
    pager: createPager(source, { stream, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" }, upTo),
    events: [],
  }));
  let ended = false;
  return {
    async next() {
      if (ended) return undefined;
      for (const lane of lanes) {
        let page: readonly StoredEvent[] | undefined = lane.events;
        // A damaged page comes back empty and is then read again event by event.
        while (page?.length === 0) page = await lane.pager.next(most);
        lane.events = page ?? [];
      }
      lanes = lanes.filter(({ events }) => events.length > 0);
      ended = lanes.length === 0;
      // Later events of a stream may lie after its last one here.
      const position = Math.min(upTo, ...lanes.map(({ events }) => (events.at(-1) as StoredEvent).position));
      const taken = lanes.flatMap(({ events }) => events.filter((event) => event.position <= position));
      for (const lane of lanes) lane.events = lane.events.filter((event) => event.position > position);
      return { events: taken.sort((one, other) => one.position - other.position), position };
    },
  };
}

/** The streams of items, if they are few and have at most so many events in all. */
async function partsOf(
  source: Source,
  items: readonly FollowedRecord[],
  upTo: number,
  most: number,
): Promise<readonly Part[] | undefined> {
  const found = new Map<string, number>();
  const note = (stream: string, after: number): void =>
    void found.set(stream, Math.min(after, found.get(stream) ?? after));
  for (const { kind, name, position } of items) {
    if (kind === "stream") note(name, position);
    else {
      const { streams, done } = await source.storage.listStreams({ prefix: name, after: 0, limit: MOST_STREAMS });
      if (!done) return undefined;
      for (const one of streams) note(one.name, position);
    }
    if (found.size > MOST_STREAMS) return undefined;
  }
  const parts: Part[] = [];
  let left = most;
  for (const [stream, position] of found) {
    const version = await source.storage.version(stream);
    const after = position === 0 ? 0 : await versionAt(source, stream, version, position, upTo);
    left -= version - after;
    if (left < 0) return undefined;
    if (after < version) parts.push({ stream, after });
  }
  return parts;
}

/** The version of a stream at a position: searched from its end, since most of what is asked for is new. */
async function versionAt(
  source: Source,
  stream: string,
  newest: number,
  position: number,
  head: number,
): Promise<number> {
  const isBefore = async (version: number): Promise<boolean> => {
    const walk = { stream, after: version - 1, upTo: version, direction: "forward" } as const;
    const [event] = (await createPager(source, walk, head).next(1)) ?? [];
    return event !== undefined && event.position <= position;
  };
  let low = newest;
  let high = newest + 1;
  for (let step = 1; low > 0 && !(await isBefore(low)); step *= 2) {
    high = low;
    low = Math.max(0, low - step);
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isBefore(middle)) low = middle;
    else high = middle;
  }
  return low;
}
