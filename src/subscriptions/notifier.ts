import type { StoredEvent } from "../event.ts";
import { readPage } from "../read/event-codec.ts";
import type { EventFormat } from "../events/event-format.ts";
import { deepFreeze } from "../events/json.ts";
import type { EventPage, FreshEvents } from "../storage/protocol.ts";
import type { Following, Notifier, StoreContext, Tail } from "../storage/store-context.ts";

/** How many of the newest events, and characters of their rows, are kept for followers that are nearly caught up. */
const TAIL_EVENTS = 1000;
const TAIL_SIZE = 1 << 20;

/** A follower, and what is done with it when there are new events after a position; undefined: unknown ones. */
interface Follower extends Following {
  offer(from: number, events: readonly StoredEvent[] | undefined): void;
}

/** New events without gaps, and the size of their rows in characters. */
interface FreshPage {
  readonly events: readonly StoredEvent[];
  readonly size: number;
}

/** The state from the first follower's start to the last one's stop. */
interface Session {
  readonly ready: Promise<void>;
  readonly stop: () => void;
  /** Events up to this position were read and offered; undefined until the store listens. */
  head?: number;
  /** The newest position that was reported, which is the end of a commit. */
  newest: number;
  /** The end of the newest commit that was read completely. */
  settled: number | undefined;
  /** The newest events, without gaps, up to `head`. */
  tail: readonly StoredEvent[];
  /** What was taken last of it, and from where: all followers that are up to date take the same. */
  taken?: Tail & { readonly start: number };
  size: number;
  reading: boolean;
  failure?: { readonly error: unknown };
}

export function createNotifier({
  storage,
  pause,
  format,
}: Pick<StoreContext, "storage" | "pause" | "format">): Notifier {
  /** By stream; those of the whole store under undefined. A follower stays here, so that it costs little to wait again and again. */
  const following = new Map<string | undefined, Set<Follower>>();
  let followers = 0;
  let session: Session | undefined;

  function follow(stream?: string, wants = (_event: StoredEvent): boolean => true): Following {
    followers += 1;
    let stopped = false;
    /** What to call while it waits. */
    let resume: (() => void) | undefined;
    const group = following.get(stream) ?? new Set();
    const follower: Follower = {
      position: 0,
      ready: (session ??= listen()).ready,
      tail: () => tailAfter(follower.position),
      news(then) {
        // After a failure, `tail` throws.
        if (stopped || session?.failure || (session?.head ?? Infinity) > follower.position) then();
        else resume = then;
      },
      offer(from, events) {
        if (resume === undefined) return;
        follower.position = Math.max(follower.position, from);
        if (events?.some(wants) ?? true) follower.wake();
      },
      wake() {
        const then = resume;
        resume = undefined;
        then?.();
      },
      stop() {
        if (stopped) return;
        stopped = true;
        group.delete(follower);
        if (group.size === 0) following.delete(stream);
        follower.wake();
        if (--followers > 0) return;
        session?.stop();
        session = undefined;
      },
    };
    following.set(stream, group.add(follower));
    return follower;
  }

  function listen(): Session {
    // Listen before reading the head, so that no append in between is missed.
    const stop = storage.onChange(
      (news) => hear(started, news.head, news.fresh),
      (error) => giveUp(started, error),
    );
    const ready = storage.head().then((head) => {
      started.head = started.settled = head;
      hear(started, head);
    });
    // Every follower awaits it, unless it has stopped by then.
    ready.catch(() => undefined);
    const started: Session = {
      ready,
      stop,
      newest: 0,
      settled: 0,
      tail: [],
      size: 0,
      reading: false,
    };
    return started;
  }

  function hear(current: Session, position: number, fresh?: FreshEvents): void {
    current.newest = Math.max(current.newest, position);
    if (current.reading || current.head === undefined) return;
    if (fresh?.after === current.head && current === session) {
      try {
        const page = wholePage(fresh.page, fresh.after, format);
        if (page !== undefined && fresh.after + page.events.length === position) advance(current, page, position);
      } catch {
        // Followers then read the damaged events, and get the error.
      }
    }
    void readNews(current);
  }

  /** Ends all followers, because the storage has ended. */
  function giveUp(current: Session, error: unknown): void {
    current.failure ??= { error };
    if (current !== session) return;
    // `tail` then throws.
    for (const group of following.values()) for (const follower of group) follower.wake();
  }

  async function readNews(current: Session): Promise<void> {
    current.reading = true;
    let behind = false;
    while (current === session && (current.head as number) < current.newest) {
      const from = current.head as number;
      const upTo = current.newest;
      if (behind) await pause?.();
      behind = true;
      // A page that cannot be read is undefined. Followers then read by themselves, and get the error if they need these events.
      const page = await storage
        .readPage({ after: from, upTo, direction: "forward", limit: TAIL_EVENTS })
        .then((read) => wholePage(read, from, format))
        .catch(() => undefined);
      if (current !== session || current.failure !== undefined) return;
      advance(current, page, upTo);
    }
    current.reading = false;
  }

  /** Adds new events to the tail and wakes followers. `upTo` is the end of a commit; the page may end before. */
  function advance(current: Session, page: FreshPage | undefined, upTo: number): void {
    const from = current.head as number;
    extendTail(current, page);
    if ((current.head as number) >= upTo) current.settled = current.head;
    offer(from, page?.events);
  }

  function extendTail(current: Session, page: FreshPage | undefined): void {
    if (page === undefined) {
      current.tail = [];
      current.size = 0;
      current.head = current.newest;
      return;
    }
    const together = current.tail.concat(page.events);
    const tooLarge = current.size + page.size > TAIL_SIZE;
    // Halved when it is full, so that each event is copied only a few times.
    const kept = tooLarge ? page.events : together.length > 2 * TAIL_EVENTS ? together.slice(-TAIL_EVENTS) : together;
    current.size = tooLarge ? page.size : ((current.size + page.size) * kept.length) / together.length;
    current.tail = kept;
    current.head = (page.events.at(-1) as StoredEvent).position;
  }

  function offer(from: number, events: readonly StoredEvent[] | undefined): void {
    const streams =
      events === undefined ? [...following.keys()] : [undefined, ...new Set(events.map((event) => event.stream))];
    for (const stream of streams) {
      for (const follower of following.get(stream) ?? []) follower.offer(from, events);
    }
  }

  function tailAfter(position: number): Session["taken"] {
    if (session?.failure) throw session.failure.error;
    if (session?.head === undefined) return undefined;
    const { head, tail, taken } = session;
    if (taken?.start === position && taken.head === head) return taken;
    const start = head - tail.length;
    if (position < start) return undefined;
    const events = tail.slice(position - start);
    return (session.taken = { start: position, events, head, whole: head === session.settled });
  }

  return { follow };
}

/** Returns a page's events; undefined if it has gaps after `after`. @throws if it cannot be read. */
function wholePage(page: EventPage, after: number, format: EventFormat | undefined): FreshPage | undefined {
  const events = readPage(page, format);
  const whole = events.length > 0 && events.every((event, index) => event.position === after + 1 + index);
  return whole ? { events: deepFreeze(events), size: page.rows.length } : undefined;
}
