import type { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { readPage } from "./event-codec.ts";
import { corrupt, unreadable } from "../storage/event-page.ts";
import type { EventPage, PageQuery, RecordFilter } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/**
 * The size of a page in characters. The first page is smaller, so that a short read is one cheap query. Decoding a page blocks the
 * thread, so pages must not be large.
 */
const FIRST_PAGE_EVENTS = 250;
const PAGE_EVENTS = 400;
const PAGE_SIZE = 1 << 20;

/** What to read. The pager adds the head and the page size. */
export type Walk = Omit<PageQuery, "head" | "limit">;

/** Which events to read: those of one stream, those that a filter selects, or all. Keys are versions in a stream, else positions. */
export type Scope = Pick<PageQuery, "stream" | "filter">;

export function scopeOf(stream: string | undefined, filter: RecordFilter | undefined): Scope {
  return { ...(stream !== undefined && { stream }), ...(filter !== undefined && { filter }) };
}

/** The decoded pages of a read, in order. */
export interface Pager {
  /** Resolves with the events of the next page, at most `most` and possibly none; undefined after the last page. */
  next(most?: number): Promise<StoredEvent[] | undefined>;
  /** The version or position up to which everything was read. */
  readonly cursor: number;
  /** The position at which the read ends; undefined before the first page. */
  readonly head: number | undefined;
}

/**
 * Reads the storage page by page, up to the head at the first page or up to `bound`. A damaged page is read again event by event,
 * so that all events before the damaged one are returned. `read` decodes a page.
 */
export function createPager(
  { storage, pause, format }: Pick<StoreContext, "storage" | "format" | "pause">,
  walk: Walk,
  bound?: number,
  read: typeof readPage = readPage,
): Pager {
  const forward = walk.direction === "forward";
  let { after, upTo } = walk;
  // No getters: V8 of Node 20 (11.3) keeps an object's own getters, and all that their closures see, until a full collection.
  const pager = { next, cursor: forward ? after : upTo, head: bound };
  /** The version or position of the next event, if it is known. */
  let expected: number | undefined;
  let limit = FIRST_PAGE_EVENTS;
  let oneByOne = false;
  let started = false;
  let done = false;
  let ahead: Promise<EventPage> | undefined;

  async function next(most = Infinity): Promise<StoredEvent[] | undefined> {
    if (done) return undefined;
    if (started) await pause?.();
    started = true;
    const page = await (ahead ?? ask(most));
    ahead = undefined;
    pager.head = page.head;
    const events = decode(page);
    if (!events) return [];
    pager.cursor = forward ? (after = page.cursor) : (upTo = page.cursor);
    done = page.done;
    if (page.count > 0)
      limit = Math.max(1, Math.min(PAGE_EVENTS, Math.floor((PAGE_SIZE * page.count) / page.rows.length)));
    if (pause === undefined && !done && most > page.count) askAhead(most - page.count);
    return events;
  }

  function ask(most: number): Promise<EventPage> {
    const { head } = pager;
    const atMost = Math.min(oneByOne ? 1 : limit, most);
    return storage.readPage({ ...walk, after, upTo, limit: atMost, ...(head !== undefined && { head }) });
  }

  /** Requests the next page while the caller processes this one. */
  function askAhead(most: number): void {
    ahead = ask(most);
    // The error is reported by the next call, which may never come.
    ahead.catch(() => undefined);
  }

  /** Returns undefined for a damaged page, which then has to be read event by event. */
  function decode(page: EventPage): StoredEvent[] | undefined {
    try {
      const events = read(page, format, walk.filter);
      if (walk.filter === undefined) refuseGaps(events, page);
      return events;
    } catch (error) {
      if (oneByOne || page.count === 0) throw error;
      oneByOne = true;
      return undefined;
    }
  }

  /** Without a filter, keys have no gaps: a missing key is a missing event. */
  function refuseGaps(events: readonly StoredEvent[], page: EventPage): void {
    const top = walk.stream === undefined ? Math.min(upTo, page.head) : undefined;
    let key = expected ?? (forward ? after + 1 : top);
    for (const event of events) {
      const found = walk.stream === undefined ? event.position : event.version;
      if (key !== undefined && key !== found) throw missing(key);
      key = forward ? found + 1 : found - 1;
    }
    // The last key is known when reading the whole store forward, and always when reading backward.
    if (page.done && key !== undefined && (forward ? key <= (top ?? 0) : key > after)) throw missing(key);
    expected = key;
  }

  function missing(key: number): EventStoreError {
    if (walk.stream === undefined) return corrupt(key);
    return unreadable(`version ${key} of stream "${walk.stream}"`);
  }

  return pager;
}
