import type { StoredEvent } from "../event.ts";
import { matches } from "../events/filter.ts";
import { createPager, type Pager, type Scope } from "../read/pager.ts";
import type { Following, StoreContext } from "../storage/store-context.ts";

/** If no events match, a checkpoint is written every so many positions. */
export const SILENT_POSITIONS = 10_000;

/** The next events, in order. */
export interface EventBatch {
  /** May be empty. */
  readonly events: readonly StoredEvent[];
  /** Every event up to this position is in `events`, came before, or does not match. */
  readonly position: number;
  /** Whether `position` is the end of an append, not in the middle of one. */
  readonly wholeAppend: boolean;
}

/** Delivers every event once, in order, at the caller's pace: history first, then new events. While nothing happens, nothing is read. */
export interface Subscription extends Pick<Following, "position" | "news" | "wake" | "stop"> {
  /**
   * Returns the next events, as a promise if they have to be read; undefined if there are none for now. Rejects like a read.
   *
   * @throws once the storage has ended.
   */
  next(): Promise<EventBatch | undefined> | EventBatch | undefined;
}

/**
 * Follows the store from a position, or a stream from a version. `everyPosition`: also wakes the caller if the position moves past
 * events that do not match.
 */
export function subscribe(
  context: StoreContext,
  scope: Scope,
  start: number | Promise<number>,
  everyPosition: boolean,
): Subscription {
  const { stream, filter } = scope;
  let pager: Pager | undefined;
  /** The version of the newest event taken; undefined before the start. */
  let version: number | undefined;
  const following = everyPosition ? context.notifier.follow() : context.notifier.follow(stream, isWanted);

  async function begin(): Promise<EventBatch | undefined> {
    version = await start;
    if (stream === undefined) following.position = version;
    await following.ready;
    return next();
  }

  function next(): ReturnType<Subscription["next"]> {
    if (version === undefined) return begin();
    // A read that has begun goes on to its end, so that it detects missing events.
    const tail = pager === undefined ? following.tail() : undefined;
    if (!tail) return readHistory();
    if (tail.head <= following.position) return undefined;
    const { events } = tail;
    // A crowd of followers shares one list.
    return take(events.every(isWanted) ? events : events.filter(isWanted), tail.head, tail.whole);
  }

  /** Reads a page of events that are older than the tail. */
  async function readHistory(): Promise<EventBatch> {
    const after = stream === undefined ? following.position : (version as number);
    pager ??= createPager(context, { ...scope, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" });
    const events = await pager.next();
    if (events) return take(events, stream === undefined ? pager.cursor : 0, false);
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
