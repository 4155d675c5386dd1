import type { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { readPage } from "./event-codec.ts";
import type { EventFormat } from "../events/event-format.ts";
import { corrupt, unreadable } from "../storage/event-page.ts";
import type { EventPage, EventStorage, PageQuery, RecordFilter } from "../storage/protocol.ts";

/**
 * The first page is small, so that a short read is one cheap query; later ones aim at this many characters. Taking a page in
 * holds the thread, so that it must not be large either.
 */
const FIRST_PAGE_EVENTS = 250;
const PAGE_EVENTS = 400;
const PAGE_SIZE = 1 << 20;

/** What a walk through the storage is about; its head and page sizes are the pager's. */
export type Walk = Omit<PageQuery, "head" | "limit">;

/** What is walked: one stream, or what a filter lets through, or everything. Keys are versions in a stream, and positions anywhere else. */
export type Scope = Pick<PageQuery, "stream" | "filter">;

export function scopeOf(stream: string | undefined, filter: RecordFilter | undefined): Scope {
  return { ...(stream !== undefined && { stream }), ...(filter !== undefined && { filter }) };
}

/** Where pages come from, and how to let other work run between two of them. */
export interface PageSource {
  readonly storage: EventStorage;
  /** Absent: events come out as they are stored. */
  readonly format?: EventFormat | undefined;
  /** Given where the storage works in this thread; where it does not, the next page is asked for ahead of its time. */
  readonly turn?: (() => Promise<void>) | undefined;
}

/** The decoded pages of a walk, in order, each read when it is asked for. */
export interface Pager {
  /** The next page's events, perhaps none, at most so many; undefined once the walk is done. */
  next(most?: number): Promise<StoredEvent[] | undefined>;
  /** Everything up to this key has been looked at. */
  readonly cursor: number;
  /** The position that bounds the walk; undefined before the first page. */
  readonly head: number | undefined;
}

/**
 * Walks through the storage page by page, bounded by the head at its first page or by `bound`. A page that
 * cannot be read is gone through event by event, up to the bad one.
 */
export function createPager({ storage, turn, format }: PageSource, walk: Walk, bound?: number): Pager {
  const forward = walk.direction === "forward";
  let { after, upTo } = walk;
  let head = bound;
  /** The key of the next event, where it is known. */
  let expected: number | undefined;
  let limit = FIRST_PAGE_EVENTS;
  let oneByOne = false;
  let started = false;
  let done = false;
  let ahead: Promise<EventPage> | undefined;

  async function next(most = Infinity): Promise<StoredEvent[] | undefined> {
    if (done) return undefined;
    if (started) await turn?.();
    started = true;
    const page = await (ahead ?? ask(most));
    ahead = undefined;
    head = page.head;
    const events = decode(page);
    if (events === undefined) return [];
    if (forward) after = page.cursor;
    else upTo = page.cursor;
    done = page.done;
    if (page.count > 0) limit = pageLimit(page);
    if (turn === undefined && !done && most > page.count) askAhead(most - page.count);
    return events;
  }

  function ask(most: number): Promise<EventPage> {
    const atMost = Math.min(oneByOne ? 1 : limit, most);
    return storage.readPage({ ...walk, after, upTo, limit: atMost, ...(head !== undefined && { head }) });
  }

  /** While this page is used here, the next one is made elsewhere. */
  function askAhead(most: number): void {
    ahead = ask(most);
    // Whoever asks for the page meets the error; nobody may.
    ahead.catch(() => undefined);
  }

  /** Undefined: the page is to be read again, event by event. */
  function decode(page: EventPage): StoredEvent[] | undefined {
    try {
      const events = readPage(page, format, walk.filter);
      if (walk.filter === undefined) refuseGaps(events, page);
      return events;
    } catch (error) {
      if (oneByOne || page.count === 0) throw error;
      oneByOne = true;
      return undefined;
    }
  }

  /** Only what is filtered may leave keys out: elsewhere one that is missing was an event. */
  function refuseGaps(events: readonly StoredEvent[], page: EventPage): void {
    const top = walk.stream === undefined ? Math.min(upTo, page.head) : undefined;
    let key = expected ?? (forward ? after + 1 : top);
    for (const { position, version } of events) {
      const found = walk.stream === undefined ? position : version;
      if (key !== undefined && key !== found) throw missing(key);
      key = forward ? found + 1 : found - 1;
    }
    // Where a walk ends is known: going forward over everything, and always going backward.
    if (page.done && key !== undefined && (forward ? key <= (top ?? 0) : key > after)) throw missing(key);
    expected = key;
  }

  function missing(key: number): EventStoreError {
    if (walk.stream === undefined) return corrupt(key);
    return unreadable(`version ${key} of stream "${walk.stream}"`);
  }

  return {
    next,
    get cursor() {
      return forward ? after : upTo;
    },
    get head() {
      return head;
    },
  };
}

function pageLimit(page: EventPage): number {
  return Math.max(1, Math.min(PAGE_EVENTS, Math.floor((PAGE_SIZE * page.count) / page.rows.length)));
}
