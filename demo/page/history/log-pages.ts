import type { StoredEvent } from "rivulet";
import type { CounterService, LogFilter } from "../../counter/service.ts";

/** The number of events in a page. Pages are counted among the events that match the filter. */
const PAGE = 100;

/** The number of pages in memory. Older pages are read again when the user scrolls back. */
const KEPT = 24;

/** The number of pages that are read at once. Of the pages scrolled past meanwhile, only the latest request counts. */
const AT_ONCE = 2;

/**
 * Gives access to any part of a log of any length, in bounded memory. Events never change, so a full page is kept as it
 * is; the last page is read again when there are more events.
 */
export interface LogPages {
  /** The event at an index, oldest first from 0; undefined: not read yet. */
  at(place: number): StoredEvent | undefined;
  /** How many of the oldest `total` events can be shown at once: up to the newest one that was read, if it is still in memory. */
  readable(total: number): number;
  /** Requests that these indexes are read; `total` is the number of events. */
  want(from: number, to: number, total: number): void;
}

export function createLogPages(service: CounterService, filter: LogFilter, onArrive: () => void): LogPages {
  /** The pages in the order of their use, the latest last. */
  const pages = new Map<number, readonly StoredEvent[]>();
  const underWay = new Set<number>();
  /** The end of the newest page that was read. */
  let newest = 0;
  let wishes: readonly { readonly page: number; readonly size: number }[] = [];

  function ask(): void {
    for (const { page, size } of wishes) {
      if (underWay.size >= AT_ONCE) return;
      if (underWay.has(page) || (pages.get(page)?.length ?? 0) >= size) continue;
      underWay.add(page);
      void read(page);
    }
  }

  async function read(page: number): Promise<void> {
    try {
      const events = await service.log({ ...filter, upTo: undefined, skip: page * PAGE, limit: PAGE });
      pages.delete(page);
      pages.set(page, events);
      newest = Math.max(newest, page * PAGE + events.length);
      for (const oldest of pages.keys()) {
        if (pages.size <= KEPT) break;
        pages.delete(oldest);
      }
    } catch {
      // The live counters report the error as well; this page is requested again when it is next shown.
      wishes = [];
    }
    underWay.delete(page);
    onArrive();
    ask();
  }

  return {
    at: (place) => pages.get(Math.floor(place / PAGE))?.[place % PAGE],
    readable(total) {
      const end = Math.min(newest, total);
      return pages.has(Math.floor((end - 1) / PAGE)) ? end : total;
    },
    want(from, to, total) {
      const [first, last] = [Math.floor(Math.max(0, from) / PAGE), Math.floor(Math.min(to, total - 1) / PAGE)];
      wishes = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
        page: last - index,
        size: Math.min(PAGE, total - (last - index) * PAGE),
      }));
      for (const { page } of wishes) {
        const kept = pages.get(page);
        if (kept === undefined) continue;
        pages.delete(page);
        pages.set(page, kept);
      }
      ask();
    },
  };
}
