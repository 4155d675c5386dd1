import type { StoredEvent } from "../event.ts";
import { matches } from "../events/filter.ts";
import { createPager, type Pager, type Scope } from "../read/pager.ts";
import type { Following, StoreContext } from "../storage/store-context.ts";

/** Where nothing matches, a checkpoint is written once in so many positions. */
export const SILENT_POSITIONS = 10_000;

/** What comes next, in order. */
interface EventBatch {
  /** Perhaps none. */
  readonly events: readonly StoredEvent[];
  /** Every event up to this position is in `events`, came before, or does not match. */
  readonly position: number;
  /** No append ends beyond `position` that began before it. */
  readonly wholeAppend: boolean;
}

/** Every event once, in order, at the pace of whoever takes them: history first, then what is new, without a query while nothing happens. */
export interface Subscription extends Pick<Following, "news" | "wake" | "stop"> {
  /** The next events; undefined: there are none for now. Rejects as reading does, and once the storage has ended. */
  next(): Promise<EventBatch | undefined>;
}

/**
 * Follows a part of the store from a key on: a version in a stream, a position anywhere else. Where `everyPosition` is not set,
 * whoever waits is not woken for positions without a match.
 */
export function subscribe(
  context: StoreContext,
  scope: Scope,
  start: number | Promise<number>,
  everyPosition: boolean,
): Subscription {
  const { stream, filter } = scope;
  let pager: Pager | undefined;
  /** Of the newest event taken, where one stream is followed; undefined until it has begun. */
  let version: number | undefined;
  const following = everyPosition ? context.notifier.follow() : context.notifier.follow(stream, isWanted);

  async function next(): Promise<EventBatch | undefined> {
    if (version === undefined) {
      version = await start;
      if (stream === undefined) following.position = version;
      await following.ready;
    }
    // A walk that has begun goes to its end, so that it finds out whether any event is missing.
    const tail = pager === undefined ? following.tail() : undefined;
    if (tail === undefined) return readHistory();
    if (tail.head <= following.position) return undefined;
    const events = (stream ?? filter) ? tail.events.filter(isWanted) : tail.events;
    return take(events, tail.head, tail.whole);
  }

  /** A page of what lies behind the tail. */
  async function readHistory(): Promise<EventBatch> {
    const after = stream === undefined ? following.position : (version as number);
    pager ??= createPager(context, { ...scope, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" });
    const events = await pager.next();
    if (events !== undefined) return take(events, stream === undefined ? pager.cursor : 0, false);
    const { head } = pager;
    pager = undefined;
    return take([], head as number, true);
  }

  function take(events: readonly StoredEvent[], upTo: number, wholeAppend: boolean): EventBatch {
    version = events.at(-1)?.version ?? version;
    following.position = Math.max(following.position, upTo);
    return { events, position: following.position, wholeAppend };
  }

  function isWanted(event: StoredEvent): boolean {
    return (
      (stream === undefined || (event.stream === stream && event.version > (version as number))) &&
      (filter === undefined || matches(filter, event))
    );
  }

  return Object.assign(following, { next });
}
