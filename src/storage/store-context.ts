import type { Turns } from "../async/keyed-mutex.ts";
import type { StoredEvent } from "../event.ts";
import type { EventFormat } from "../events/event-format.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { AppendOutcome, AppendRequest, EventStorage } from "./protocol.ts";

/** The parts of an open store. Every verb gets it, or what it needs of it. */
export interface StoreContext {
  readonly storage: EventStorage;
  /** Converts between events as the code knows them and events as they are stored. Absent: they are the same. */
  readonly format?: EventFormat | undefined;
  /** Lets other work run between two pages. Given where the storage works in this thread; where it does not, the next page is asked for ahead of its time. */
  readonly turn?: (() => Promise<void>) | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly newId: () => string;
  /** Whether the application provides `newId`, whose ids may be stored already. */
  readonly drawn: boolean;
  readonly queue: AppendQueue;
  readonly notifier: Notifier;
  /** The queue of commands for each stream, which are executed one after the other. */
  readonly turns: Turns;
  /** The names of the consumers that run in this store. */
  readonly consuming: Set<string>;
  /** The position at which a view of the past ends. Absent in the store itself. */
  readonly end?: (() => Promise<number>) | undefined;
  /** Throws `store-closed` once the store is closed. */
  ensureOpen(): void;
  /** Calls back when the store closes, until undone; what it returns is awaited before the storage is closed. */
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
   * immediately if no append is pending.
   */
  inOrder<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves once every append accepted so far has an outcome. */
  drained(): Promise<void>;
}

/** What came last, as far back as it is kept. */
export interface Tail {
  readonly events: readonly StoredEvent[];
  readonly head: number;
  /** No append ends beyond `head` that began before it. */
  readonly whole: boolean;
}

/** One who goes along the order of the store at its own pace: looks at what came last, and waits where there is no more. */
export interface Following {
  /** Everything up to here was taken, or is of no concern: set by whoever takes it, and moved on while it waits. */
  position: number;
  /** Resolves once changes are heard of. */
  readonly ready: Promise<void>;
  /** Everything after the position; undefined where the tail does not reach back so far. Throws once the storage has ended. */
  tail(): Tail | undefined;
  /** Resolves when there is something after the position, at once where there is already; or when woken or stopped. */
  news(): Promise<void>;
  wake(): void;
  stop(): void;
}

/**
 * The one place that hears of changes for all the watchers of a store. It reads what is new once, offers it to
 * the watchers that wait at the head, and keeps a short tail for those nearly there. A watcher that has fallen behind
 * the tail reads on its own, at its own pace, until it is back. While nobody watches, nothing is heard and nothing read.
 */
export interface Notifier {
  /** Follows the store, or one stream of it. Only events of concern wake who waits; default: all of them. */
  follow(stream?: string, concerns?: (event: StoredEvent) => boolean): Following;
}
