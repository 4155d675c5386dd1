import type { StoredEvent } from "../event.ts";
import { readPage } from "../read/event-codec.ts";
import type { EventFormat } from "../events/event-format.ts";
import { deepFreeze } from "../events/json.ts";
import type { EventPage, FreshEvents } from "../storage/protocol.ts";
import type { Following, Notifier, StoreContext, Tail } from "../storage/store-context.ts";

/** How much of what came last is kept for watchers that are nearly caught up: events, and characters of their rows. */
const TAIL_EVENTS = 1000;
const TAIL_SIZE = 1 << 20;

/** A watcher that has seen everything and waits for more. */
interface Waiter extends Following {
  concerns(event: StoredEvent): boolean;
}

/** New events, contiguous, and how many characters their rows are. */
interface FreshPage {
  readonly events: readonly StoredEvent[];
  readonly size: number;
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
  settled: number | undefined;
  /** Contiguous, ending at `head`. */
  tail: readonly StoredEvent[];
  tailSize: number;
  reading: boolean;
  failure: { readonly error: unknown } | undefined;
}

export function createNotifier({ storage, turn, format }: Pick<StoreContext, "storage" | "turn" | "format">): Notifier {
  const parked = new Map<string | undefined, Set<Waiter>>();
  let watchers = 0;
  let session: Session | undefined;

  function follow(stream?: string, concerns = (_event: StoredEvent): boolean => true): Following {
    watchers += 1;
    let stopped = false;
    let resume: (() => void) | undefined;
    const waiter: Waiter = {
      concerns,
      position: 0,
      ready: (session ??= listen()).ready,
      tail: () => tailAfter(waiter.position),
      news: () =>
        new Promise((resolve) => {
          // What ends the storage is thrown by `tail`.
          if (stopped || session?.failure || (session?.head ?? Infinity) > waiter.position) return resolve();
          resume = resolve;
          parked.set(stream, (parked.get(stream) ?? new Set()).add(waiter));
        }),
      wake() {
        const waiters = parked.get(stream);
        waiters?.delete(waiter);
        if (waiters?.size === 0) parked.delete(stream);
        resume?.();
      },
      stop() {
        if (stopped) return;
        stopped = true;
        waiter.wake();
        if (--watchers > 0) return;
        session?.stopListening();
        session = undefined;
      },
    };
    return waiter;
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
    advance(current, fresh, head);
  }

  /** The storage has ended: so have those who wait for it, and those who come to wait. */
  function giveUp(current: Session, error: unknown): void {
    current.failure ??= { error };
    if (current !== session) return;
    // Asking for the tail then throws.
    for (const waiters of parked.values()) for (const waiter of waiters) waiter.wake();
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
      advance(current, page, upTo);
    }
    current.reading = false;
  }

  /** Undefined: it cannot be read here. Then every watcher looks for itself, and meets the error if it concerns it. */
  async function readNext(after: number, upTo: number): Promise<FreshPage | undefined> {
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

  /** Appends new events to the tail and wakes those who wait for them. `upTo` is where a commit ended; a page may end before it. */
  function advance(current: Session, page: FreshPage | undefined, upTo: number): void {
    const from = current.head as number;
    extendTail(current, page);
    if ((current.head as number) >= upTo) current.settled = current.head;
    offer(from, page?.events);
  }

  function extendTail(current: Session, page: FreshPage | undefined): void {
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

  function offer(from: number, events: readonly StoredEvent[] | undefined): void {
    const streams = events === undefined ? parked.keys() : [undefined, ...new Set(events.map((event) => event.stream))];
    for (const stream of [...streams]) {
      for (const waiter of parked.get(stream) ?? []) {
        waiter.position = Math.max(waiter.position, from);
        if (events?.some(waiter.concerns) ?? true) waiter.wake();
      }
    }
  }

  function tailAfter(position: number): Tail | undefined {
    if (session?.failure) throw session.failure.error;
    if (session?.head === undefined) return undefined;
    const { head, tail, settled } = session;
    const start = head - tail.length;
    return position < start ? undefined : { events: tail.slice(position - start), head, whole: head === settled };
  }

  return { follow };
}

/** A page's events, where it can be read and they follow each other from `after` on. */
function wholePage(page: EventPage, after: number, format: EventFormat | undefined): FreshPage | undefined {
  try {
    const events = readPage(page, format);
    const whole = events.length > 0 && events.every((event, index) => event.position === after + 1 + index);
    return whole ? { events: deepFreeze(events), size: page.rows.length } : undefined;
  } catch {
    return undefined;
  }
}
