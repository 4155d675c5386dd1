import { createBufferedIterator, type ChunkSource } from "../async/buffered-iterator.ts";
import { isThenable } from "../async/thenable.ts";
import { invalidArgument } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { deepFreeze } from "../events/json.ts";
import { checkPosition, checkOptions } from "../validate.ts";
import { scopeOf } from "../read/pager.ts";
import { subscribe, type EventBatch, type Subscription } from "./subscription.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** How to watch a stream. */
export interface WatchOptions {
  /**
   * Watches events after this version; default 0: from the first event on. "head": only events appended after the call. If the stream
   * or store is not that far, the first event rejects with `invalid-argument`.
   */
  readonly after?: number | "head" | undefined;
  /** Called once, when all events stored so far were delivered and the watch waits for new ones. */
  readonly onCaughtUp?: (() => void) | undefined;
  /** Aborting it ends the watch: the next event rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** How to watch the whole store. `after` is a position. */
export interface WatchAllOptions<Type extends string = string> extends WatchOptions, EventFilter<Type> {
  /**
   * Called with a position once every event up to it was processed or does not match: store it as a checkpoint, and pass it as `after`
   * when you watch again. It is called about once a page, so the last events may be delivered again after a crash.
   */
  readonly onProgress?: ((position: number) => void) | undefined;
}

/**
 * Delivers every event once, in order: first those stored, then new ones. Ends when you leave the loop or the signal is aborted, and
 * with `store-closed` when the store closes. The events are frozen, because all watchers share them.
 */
export interface EventWatcher<E extends Event = Event> extends AsyncIterableIterator<StoredEvent<E>>, AsyncDisposable {}

const WATCH_OPTIONS = ["after", "onCaughtUp", "signal"];

/** Watches one stream or the whole store. @throws `store-closed` and `invalid-argument`. */
export function watch(context: StoreContext, stream: string | undefined, options: WatchAllOptions): EventWatcher {
  context.ensureOpen();
  checkOptions(options, stream === undefined ? [...WATCH_OPTIONS, "onProgress", ...FILTER_OPTIONS] : WATCH_OPTIONS);
  const { after = 0, onCaughtUp, onProgress, signal } = options;
  if (after !== "head") checkPosition(after, "after", ' or "head"');
  const scope = scopeOf(stream, toRecordFilter(options));
  const { queue, storage } = context;
  const newest = (): Promise<number> => (stream === undefined ? storage.head() : storage.version(stream));

  async function findStart(): Promise<number> {
    // Runs in the order of this store's appends, so that none made after this call is skipped.
    if (after === "head") return queue.inOrder(newest);
    const head = after && (await newest());
    if (after <= head) return after;
    throw invalidArgument("after", `after is ${after}, beyond the head ${head}`);
  }

  // Read at the call, not at the first event.
  const start = findStart();
  // A watcher that is never iterated must not cause an unhandled rejection. The first event rejects with it.
  start.catch(() => undefined);

  let subscription: Subscription | undefined;
  let reported = 0;
  let caughtUp = false;
  /** Absent before the first event is asked for, and once the watch has ended. */
  let stopWaiting: (() => void) | undefined;
  const iterator = createBufferedIterator<StoredEvent>({
    fill,
    signal,
    onEnd() {
      stopWaiting?.();
      stopWaiting = undefined;
      subscription?.stop();
    },
  });
  return iterator;

  function fill(again: () => void): ReturnType<ChunkSource<StoredEvent>["fill"]> {
    if (subscription === undefined) {
      stopWaiting = context.onClose((error) => iterator.fail(error));
      subscription = subscribe(context, scope, start, onProgress !== undefined);
      return start.then((first) => ((reported = first), []));
    }
    const { position } = subscription;
    if (position > reported) onProgress?.((reported = position));
    // It may have ended in the callback.
    if (stopWaiting === undefined) return [];
    const batch = subscription.next();
    if (isThenable(batch)) return batch.then(take);
    if (batch) return take(batch);
    if (!caughtUp) {
      caughtUp = true;
      onCaughtUp?.();
    }
    subscription.news(again);
    return null;
  }

  function take(batch: EventBatch | undefined): readonly StoredEvent[] {
    if (!batch) return [];
    // New events are frozen already; a page of history is not, and may end in the middle of an append.
    return batch.wholeAppend ? batch.events : deepFreeze(batch.events);
  }
}
