import { isEventStoreError } from "./errors.ts";
import type { StoredEvent } from "./event.ts";
import { matches } from "./filter.ts";
import { corrupt, decodePage } from "./storage/page.ts";
import type { EventPage, EventStorage, PageQuery } from "./storage/protocol.ts";

/**
 * The first page is small, so that a short read is one cheap query; later ones aim at this many characters. Taking a page in
 * holds the thread, so that it must not be large either.
 */
const FIRST_PAGE_EVENTS = 250;
const PAGE_EVENTS = 400;
const PAGE_SIZE = 1 << 20;

/** What a walk through the storage is about; its head and page sizes are the pager's. */
export type Walk = Omit<PageQuery, "head" | "limit">;

/** Where pages come from, and how to let other work run between two of them. */
export interface PageSource {
  readonly storage: EventStorage;
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
export function createPager({ storage, turn }: PageSource, walk: Walk, bound?: number): Pager {
  const forward = walk.direction === "forward";
  let { after, upTo } = walk;
  let head = bound;
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
    const { filter } = walk;
    return filter === undefined ? events : events.filter((event) => matches(filter, event));
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
      const events = decodePage(page);
      if (walk.filter === undefined) refuseGaps(events);
      return events;
    } catch (error) {
      const located = isEventStoreError(error, "storage-corrupt") && error.details.position !== undefined;
      if (located || page.count === 1) throw error;
      oneByOne = true;
      return undefined;
    }
  }

  function refuseGaps(events: readonly StoredEvent[]): void {
    let expected = forward ? after + 1 : undefined;
    for (const event of events) {
      const key = walk.stream === undefined ? event.position : event.version;
      if (expected !== undefined && key !== expected) throw corrupt(event.position);
      expected = forward ? key + 1 : key - 1;
    }
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
