import { checkVerb } from "../validate.ts";
import { EventStoreError, isEventStoreError } from "../errors.ts";
import { onAbort, throwApart, type AbortSignalLike } from "../platform.ts";
import { createTurnstile } from "./condition.ts";

/** Why something has stopped: with an error, or without one, where it was closed. */
export interface End {
  readonly error?: unknown;
}

/** The life of what is started, watched and closed: from its start on, until its signal, its store or its user ends it. */
export interface Lifecycle<Told extends readonly unknown[]> {
  /** Undefined until it is stopped. The first reason stays, unless another is set. */
  end: End | undefined;
  /** Resolves at its end; rejects with the error that ended it, unless that is `store-closed`. Nobody has to wait for it. */
  readonly ended: Promise<void>;
  /** The error that ended it, or `store-closed` where it was closed. */
  reason(): unknown;
  /** Throws the reason once it is stopped. */
  ensureRunning(): void;
  /** Stops it, or stops it once more, for another reason. Returns what `onStop` does. */
  stop(end: End): unknown;
  /** Calls back whenever something is told. Returns what ends that. */
  subscribe(listener: (...told: Told) => void): () => void;
  /** Calls the listeners. What one of them throws does not concern the others. */
  tell(...told: Told): void;
  /** Lets those pass who wait for a move: something has changed. */
  move(): void;
  /** Resolves at the next move; rejects with the signal's reason. */
  moved(signal?: AbortSignalLike): Promise<void>;
  /** Resolves once a condition holds, which is looked at after every move. Rejects with the reason where it is stopped before, or with the signal's. */
  until(holds: () => boolean, signal?: AbortSignalLike): Promise<void>;
  /** Nothing is told any more, and neither its signal nor its store is listened to: it has come to its end. */
  finish(): void;
}

/**
 * Begins the life of `what`, as errors call it. `onStop` is called with every reason to stop; what it returns when the store closes is
 * awaited by the store.
 */
export function createLifecycle<Told extends readonly unknown[] = []>(
  what: string,
  store: { onClose(end: (error: Error) => unknown): () => void },
  signal: AbortSignalLike | undefined,
  onStop: (end: End, first: boolean) => unknown,
): Lifecycle<Told> {
  const listeners = new Set<(...told: Told) => void>();
  const moves = createTurnstile();
  let finished = false;
  let settle: (ended: Promise<void> | undefined) => void;
  const ended = new Promise<void>((resolve) => (settle = resolve));
  // Whoever looks at `error` need not look here.
  ended.catch(() => undefined);
  const life: Lifecycle<Told> = {
    end: undefined,
    ended,
    reason: () =>
      life.end?.error ?? new EventStoreError("store-closed", `${what} is closed: start it again to go on`, {}),
    ensureRunning() {
      if (life.end !== undefined) throw life.reason();
    },
    stop(end) {
      const first = life.end === undefined;
      life.end ??= end;
      return onStop(end, first);
    },
    subscribe(listener) {
      checkVerb(listener, "call", "listener", "a function");
      // Wrapped, so that one listener may be subscribed twice and leave once.
      const own = (...told: Told): void => listener(...told);
      if (!finished) listeners.add(own);
      return () => listeners.delete(own);
    },
    tell(...told) {
      for (const listener of [...listeners]) {
        try {
          listener(...told);
        } catch (error) {
          // The listener's own: thrown where nothing else is under way, so that the others are told all the same.
          throwApart(error);
        }
      }
    },
    move: moves.open,
    moved: moves.pass,
    async until(holds, until) {
      while (!holds()) {
        life.ensureRunning();
        await moves.pass(until);
      }
    },
    finish() {
      finished = true;
      ignoreAbort();
      ignoreClose();
      listeners.clear();
      const error = life.end?.error;
      const failed = error !== undefined && !isEventStoreError(error, "store-closed");
      settle(failed ? Promise.reject(error) : undefined);
    },
  };
  const ignoreAbort = onAbort(signal, () => life.stop({ error: signal?.reason }));
  const ignoreClose = store.onClose((error) => life.stop({ error }));
  return life;
}
