import type { StoredEvent } from "../event.ts";
import { readPage } from "../read/event-codec.ts";
import type { EventFormat } from "../events/event-format.ts";
import { deepFreeze } from "../events/json.ts";
import type { PageSource } from "../read/pager.ts";
import type { EventPage, FreshEvents } from "../storage/protocol.ts";

/** How much of what came last is kept for watchers that are nearly caught up: events, and characters of their rows. */
const TAIL_EVENTS = 1000;
const TAIL_SIZE = 1 << 20;

/** A watcher that has seen everything and waits for more. */
export interface Waiter {
  /** Only events of this stream are offered; absent: all. */
  readonly stream?: string | undefined;
  /** New events, those after position `from` up to `head`; undefined: look for yourself. True: woken, no longer parked. */
  offer(from: number, head: number, events: readonly StoredEvent[] | undefined): boolean;
  /** Nothing will come any more. */
  fail(error: unknown): void;
}

/** What came last, as far back as it is kept. */
export interface Tail {
  readonly events: readonly StoredEvent[];
  readonly head: number;
  /** No append ends beyond `head` that began before it. */
  readonly whole: boolean;
}

/**
 * The one place that hears of changes for all the watchers of a store. It reads what is new once, offers it to
 * the watchers that wait at the head, and keeps a short tail for those nearly there. A watcher that has fallen behind
 * the tail reads on its own, at its own pace, until it is back. While nobody watches, nothing is heard and nothing read.
 */
export interface Notifier {
  /** Takes a watcher in, once listening has begun; `detach` when it goes. */
  attach(): { readonly ready: Promise<void>; readonly detach: () => void };
  /** Everything after a position; undefined where the tail does not reach back so far. Throws once the storage has ended. */
  tailAfter(position: number): Tail | undefined;
  /** Waits at the head. The caller has taken everything that {@link tailAfter} had for it, in this turn. */
  park(waiter: Waiter): void;
  unpark(waiter: Waiter): void;
}

/** From the first watcher to the last: what is known of the head and the tail. */
interface Session {
  readonly ready: Promise<void>;
  readonly stopListening: () => void;
  /** Read and offered up to here; undefined until listening has begun. */
  head: number | undefined;
  /** Heard of: where a commit ended. */
  newest: number;
  /** Where the newest commit ended of those that were read to their end. */
  settled: number;
  /** Contiguous, ending at `head`. */
  tail: readonly StoredEvent[];
  tailSize: number;
  reading: boolean;
  failure: { readonly error: unknown } | undefined;
}

export function createNotifier({ storage, turn, format }: PageSource): Notifier {
  const parked = new Map<string | undefined, Set<Waiter>>();
  let watchers = 0;
  let session: Session | undefined;

  function attach(): { ready: Promise<void>; detach: () => void } {
    watchers += 1;
    session ??= listen();
    let attached = true;
    const detach = (): void => {
      if (!attached) return;
      attached = false;
      if (--watchers > 0) return;
      session?.stopListening();
      session = undefined;
    };
    return { ready: session.ready, detach };
  }

  function listen(): Session {
    // Listen first, look second: what is appended between the two is heard.
    const stopListening = storage.onChange(
      (news) => hear(started, news.head, news.fresh),
      (error) => giveUp(started, error),
    );
    const ready = storage.head().then((head) => {
      started.head = started.settled = head;
      hear(started, head);
    });
    // Every watcher awaits it, and those that have gone by then need not.
    ready.catch(() => undefined);
    const started: Session = {
      ready,
      stopListening,
      head: undefined,
      newest: 0,
      settled: 0,
      tail: [],
      tailSize: 0,
      reading: false,
      failure: undefined,
    };
    return started;
  }

  function hear(current: Session, position: number, fresh?: FreshEvents): void {
    current.newest = Math.max(current.newest, position);
    if (current.reading || current.head === undefined) return;
    if (fresh?.after === current.head) take(current, fresh, position);
    void readNews(current);
  }

  /** What came with the news need not be read. What is wrong with it shows when it is. */
  function take(current: Session, { after, page }: FreshEvents, head: number): void {
    const fresh = wholePage(page, after, format);
    if (fresh === undefined || current !== session || after + fresh.events.length !== head) return;
    extendTail(current, fresh);
    current.settled = head;
    offer(after, head, fresh.events);
  }

  /** The storage has ended: so have those who wait for it, and those who come to wait. */
  function giveUp(current: Session, error: unknown): void {
    current.failure ??= { error };
    if (current !== session) return;
    const waiting = [...parked.values()];
    parked.clear();
    for (const waiters of waiting) for (const waiter of waiters) waiter.fail(error);
  }

  async function readNews(current: Session): Promise<void> {
    current.reading = true;
    let behind = false;
    while (current === session && current.head !== undefined && current.head < current.newest) {
      const from = current.head;
      const upTo = current.newest;
      if (behind) await turn?.();
      behind = true;
      const page = await readNext(from, upTo);
      if (current !== session || current.failure !== undefined) return;
      extendTail(current, page);
      if (current.head >= upTo) current.settled = current.head;
      offer(from, current.head, page?.events);
    }
    current.reading = false;
  }

  /** Undefined: it cannot be read here. Then every watcher looks for itself, and meets the error if it concerns it. */
  async function readNext(
    after: number,
    upTo: number,
  ): Promise<{ events: readonly StoredEvent[]; size: number } | undefined> {
    try {
      return wholePage(
        await storage.readPage({ after, upTo, direction: "forward", limit: TAIL_EVENTS }),
        after,
        format,
      );
    } catch {
      return undefined;
    }
  }

  function extendTail(current: Session, page: { events: readonly StoredEvent[]; size: number } | undefined): void {
    if (page === undefined) {
      current.tail = [];
      current.tailSize = 0;
      current.head = current.newest;
      return;
    }
    const together = current.tail.concat(page.events);
    const tooLarge = current.tailSize + page.size > TAIL_SIZE;
    // Halved when it is full, so that an event is copied a few times at most, not at every change.
    const kept = tooLarge ? page.events : together.length > 2 * TAIL_EVENTS ? together.slice(-TAIL_EVENTS) : together;
    current.tailSize = tooLarge ? page.size : ((current.tailSize + page.size) * kept.length) / together.length;
    current.tail = kept;
    current.head = (page.events.at(-1) as StoredEvent).position;
  }

  function offer(from: number, head: number, events: readonly StoredEvent[] | undefined): void {
    const streams = events === undefined ? parked.keys() : [undefined, ...new Set(events.map((event) => event.stream))];
    for (const stream of [...streams]) {
      for (const waiter of parked.get(stream) ?? []) if (waiter.offer(from, head, events)) unpark(waiter);
    }
  }

  function tailAfter(position: number): Tail | undefined {
    if (session?.failure !== undefined) throw session.failure.error;
    if (session?.head === undefined) return undefined;
    const { head, tail, settled } = session;
    const start = head - tail.length;
    return position < start ? undefined : { events: tail.slice(position - start), head, whole: head === settled };
  }

  function park(waiter: Waiter): void {
    const waiters = parked.get(waiter.stream) ?? new Set();
    parked.set(waiter.stream, waiters.add(waiter));
  }

  function unpark(waiter: Waiter): void {
    const waiters = parked.get(waiter.stream);
    waiters?.delete(waiter);
    if (waiters?.size === 0) parked.delete(waiter.stream);
  }

  return { attach, tailAfter, park, unpark };
}

/** A page's events, where it can be read and they follow each other from `after` on. */
function wholePage(
  page: EventPage,
  after: number,
  format: EventFormat | undefined,
): { events: readonly StoredEvent[]; size: number } | undefined {
  try {
    const events = readPage(page, format);
    const whole = events.length > 0 && events.every((event, index) => event.position === after + 1 + index);
    return whole ? { events: deepFreeze(events), size: page.rows.length } : undefined;
  } catch {
    return undefined;
  }
}
