import type { StoredEvent } from "../../event.ts";
import type { FollowedRecord } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { askedBy, openHistory, type History, type HistoryBatch } from "./history.ts";

/** The next events of a pull. */
interface FeedBatch extends HistoryBatch {
  /** The event at the position, if it was read. */
  readonly last: StoredEvent | undefined;
}

/**
 * The events of items, each once and in order: first those that are stored, then new ones, which one read brings for all feeds of a hub.
 * A feed that nobody asks for its next events keeps nothing, and later reads what it missed.
 */
export interface Feed {
  /** Resolves with the next events; undefined if there are none for now. */
  next(): Promise<FeedBatch | undefined>;
  /** Resolves when there is an event of the items. */
  news(): Promise<void>;
  stop(): void;
}

export function createFeed(context: StoreContext, items: readonly FollowedRecord[], start: number): Feed {
  const isAsked = askedBy(items);
  const following = context.notifier.follow(undefined, isAsked);
  let history: History | undefined;
  following.position = start;

  async function next(): Promise<FeedBatch | undefined> {
    await following.ready;
    const tail = history === undefined ? following.tail() : undefined;
    if (tail === undefined) return readHistory();
    if (tail.head <= following.position) return undefined;
    following.position = tail.head;
    return { events: tail.events.filter(isAsked), position: tail.head, last: tail.events.at(-1) };
  }

  async function readHistory(): Promise<FeedBatch | undefined> {
    history ??= await openHistory(context, items, following.position, await context.storage.head());
    const batch = await history.next();
    if (batch === undefined) {
      history = undefined;
      return next();
    }
    following.position = Math.max(following.position, batch.position);
    return { ...batch, last: batch.events.at(-1) };
  }

  return { next, news: () => new Promise<void>(following.news), stop: () => following.stop() };
}
