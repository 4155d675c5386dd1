import { createBufferedIterator } from "../async/buffered-iterator.ts";
import { invalidArgument } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter, type EventFilter } from "../events/filter.ts";
import { deepFreeze } from "../events/json.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import { scopeOf } from "../read/pager.ts";
import { subscribe, type Subscription } from "./subscription.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** From where to watch, and what to be told on the way. */
export interface WatchOptions {
  /**
   * Only events after this version; default 0, the whole history first. "head": only what is appended from the call on. One that
   * the stream or store has not come to is refused with `invalid-argument`, by the first event.
   */
  readonly after?: number | "head" | undefined;
  /** Called once, when the history is through and the watch has become live. */
  readonly onCaughtUp?: (() => void) | undefined;
  /** Aborting it ends the watch: the event waited for rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Watching the whole store: `after` is a position. */
export interface WatchAllOptions extends WatchOptions, EventFilter {
  /**
   * Called with a position when every event up to it has been handed over, and the next one asked for, or was passed by:
   * a checkpoint to give back as `after` that moves also where matches are rare. It comes about once a page, so that after
   * a crash the last events may come again.
   */
  readonly onProgress?: ((position: number) => void) | undefined;
}

/**
 * Every event once, in order, from history into live. It ends when you leave the loop, when its signal is aborted, and with
 * `store-closed` when the store closes. Its events are frozen: all watchers share them.
 */
export interface EventWatcher<E extends Event = Event> extends AsyncIterableIterator<StoredEvent<E>>, AsyncDisposable {}

const WATCH_OPTIONS = ["after", "onCaughtUp", "signal"];

/** Watches one stream, or everything. Throws `store-closed` and `invalid-argument`. */
export function watch(context: StoreContext, stream: string | undefined, options: WatchAllOptions): EventWatcher {
  context.ensureOpen();
  checkOptions(options, stream === undefined ? [...WATCH_OPTIONS, "onProgress", ...FILTER_OPTIONS] : WATCH_OPTIONS);
  const { after = 0, onCaughtUp, onProgress, signal } = options;
  if (after !== "head") checkInteger(after, "after", 0, ' or "head"');
  const scope = scopeOf(stream, toRecordFilter(options));
  const { queue, storage } = context;
  const newest = (): Promise<number> => (stream === undefined ? storage.head() : storage.version(stream));

  async function findStart(): Promise<number> {
    // In the order of this store's appends: one made after this call is never passed over, however late the answer comes.
    if (after === "head") return queue.inOrder(newest);
    const head = after === 0 ? 0 : await newest();
    if (after <= head) return after;
    throw invalidArgument("after", `after is ${after}, beyond the newest: ${head}`);
  }

  // Asked now, not at the first event: a watch starts where it was called.
  const start = findStart();
  // Whoever never iterates must not be struck by an unhandled rejection; whoever does gets it from there.
  start.catch(() => undefined);

  let subscription: Subscription | undefined;
  /** Everything up to here was handed over or passed by; only where the whole store is watched. */
  let position = 0;
  let reported = 0;
  let caughtUp = false;
  let ended = false;
  let stopWaiting: (() => void) | undefined;
  const iterator = createBufferedIterator<StoredEvent>({
    fill,
    signal,
    onEnd() {
      ended = true;
      stopWaiting?.();
      subscription?.stop();
    },
  });
  return iterator;

  async function fill(): Promise<readonly StoredEvent[]> {
    if (subscription === undefined) {
      stopWaiting = context.onClose((error) => iterator.fail(error));
      subscription = subscribe(context, scope, start, onProgress !== undefined);
      reported = position = await start;
    }
    for (;;) {
      if (position > reported) onProgress?.((reported = position));
      // It may have been ended while it waited, or by its own callback.
      if (ended) return [];
      const batch = await subscription.next();
      if (batch !== undefined) {
        ({ position } = batch);
        // What is new is frozen; a page of history, which may end amid an append, is not.
        return batch.wholeAppend ? batch.events : deepFreeze(batch.events);
      }
      if (!caughtUp && !ended) {
        caughtUp = true;
        onCaughtUp?.();
      }
      await subscription.news();
    }
  }
}
