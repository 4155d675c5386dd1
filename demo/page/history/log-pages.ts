import type { StoredEvent } from "rivulet";
import type { CounterService, LogFilter } from "../../counter/service.ts";

/** Events are read and kept in pages of so many, by their place among those that the filter lets through. */
const PAGE = 100;

/** So many pages stay in memory; whoever scrolls back further has them read again. */
const KEPT = 24;

/** So many are asked for at once; of what is scrolled past meanwhile, only the newest wish counts. */
const AT_ONCE = 2;

/**
 * Any part of a log of any length, in bounded memory. What is written once never changes, so a full page is kept as it is; the
 * last one is read again when more has come.
 */
export interface LogPages {
  /** The event at a place, oldest first from 0; undefined: not read yet. */
  at(place: number): StoredEvent | undefined;
  /** Sees to it that these places are read, out of so many that there are. */
  want(from: number, to: number, total: number): void;
}

export function createLogPages(service: CounterService, filter: LogFilter, onArrive: () => void): LogPages {
  /** In the order of their use, the latest last. */
  const pages = new Map<number, readonly StoredEvent[]>();
  const underWay = new Set<number>();
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
      for (const oldest of pages.keys()) {
        if (pages.size <= KEPT) break;
        pages.delete(oldest);
      }
    } catch {
      // Whoever reads the live counters hears of it too, and says so; this page is wished for again when it is next looked at.
      wishes = [];
    }
    underWay.delete(page);
    onArrive();
    ask();
  }

  return {
    at: (place) => pages.get(Math.floor(place / PAGE))?.[place % PAGE],
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
