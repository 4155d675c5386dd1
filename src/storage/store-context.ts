import type { KeyedMutex } from "../async/keyed-mutex.ts";
import type { StoredEvent } from "../event.ts";
import type { EventFormat } from "../events/event-format.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { AppendOutcome, AppendRequest, EventStorage } from "./protocol.ts";

/** The parts of an open store, which every verb gets, or some of them. */
export interface StoreContext {
  readonly storage: EventStorage;
  /** Converts between the application's events and stored events. Absent if they are the same. */
  readonly format?: EventFormat | undefined;
  /** Lets other work run between two pages. Absent if the storage works in another thread: then the next page is requested in advance. */
  readonly pause?: (() => Promise<void>) | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly newId: () => string;
  /** Whether the application provides `newId`, whose ids may be stored already. */
  readonly drawn: boolean;
  readonly queue: AppendQueue;
  readonly notifier: Notifier;
  /** The locks under which the commands of a stream are executed one after the other. */
  readonly locks: KeyedMutex;
  /** The names of the consumers that run in this store. */
  readonly consuming: Set<string>;
  /** The position at which a view of the past ends. Absent in the store itself. */
  readonly end?: (() => Promise<number>) | undefined;
  /** Checks that the store is open. @throws `store-closed`. */
  ensureOpen(): void;
  /** Calls `end` when the store closes, which awaits its result before it closes the storage. Returns a function that unsubscribes. */
  onClose(end: (error: Error) => unknown): () => void;
}

/** Groups appends into batches, in the order of the calls. */
export interface AppendQueue {
  /** Resolves with what `settle` returns for the outcome, once the outcome is durable. */
  push<T>(
    request: AppendRequest,
    settle: (outcome: AppendOutcome) => T | PromiseLike<T>,
    signal?: AbortSignalLike,
  ): Promise<T>;
  /**
   * Runs `work` after the outcome of every append that was pushed before, and before any append pushed later reaches the storage;
   * at once if no append is pending, or a few microtasks after the last one.
   */
  inOrder<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves once every append accepted so far has an outcome. */
  drained(): Promise<void>;
}

/** The newest events, as far as they are kept. */
export interface Tail {
  readonly events: readonly StoredEvent[];
  readonly head: number;
  /** Whether `head` is the end of an append, not in the middle of one. */
  readonly whole: boolean;
}

/** Follows the store at its own pace: takes the newest events, and waits if there are none. */
export interface Following {
  /** Everything up to this position was taken or skipped. Set by the follower, and by the notifier while the follower waits. */
  position: number;
  /** Resolves once changes are reported. */
  readonly ready: Promise<void>;
  /** Returns all events after the position; undefined if they are no longer kept. @throws once the storage has ended. */
  tail(): Tail | undefined;
  /** Calls `resume` once when there are events after the position, or when woken or stopped; immediately if that is so already. */
  readonly news: (resume: () => void) => void;
  wake(): void;
  stop(): void;
}

/**
 * Distributes new events to all followers of a store. It reads new events once, wakes the followers that wait for them, and keeps the
 * newest events for followers that are nearly caught up. A follower that is further behind reads history by itself. Without followers,
 * it neither listens nor reads.
 */
export interface Notifier {
  /** Follows the store or one stream. A waiting follower is woken only for events that `wants` accepts; default: all. */
  follow(stream?: string, wants?: (event: StoredEvent) => boolean): Following;
}
