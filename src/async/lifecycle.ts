import { checkVerb } from "../validate.ts";
import { EventStoreError, isEventStoreError } from "../errors.ts";
import { onAbort, throwApart, type AbortSignalLike } from "../platform.ts";
import { createCondition } from "./condition.ts";

/** Why something has stopped: with an error, or without one if it was closed. */
export interface End {
  readonly error?: unknown;
}

/** The lifecycle of a handle that runs until its signal, its store or its user stops it. */
export interface Lifecycle<Told extends readonly unknown[]> {
  /** Why it has stopped; undefined while it runs. Later calls of `stop` do not change it. */
  end: End | undefined;
  /** Resolves once it has stopped; rejects with the error that stopped it, unless that is `store-closed`. A rejection is never unhandled. */
  readonly ended: Promise<void>;
  /** Returns the error that has stopped it, or `store-closed` if it was closed. */
  reason(): unknown;
  /** Checks that it was not stopped. @throws the reason. */
  ensureRunning(): void;
  /** Stops it; may be called again with another reason. Returns the result of `onStop`. */
  stop(end: End): unknown;
  /** Calls the listener at every `tell`, until the returned function is called. */
  subscribe(listener: (...told: Told) => void): () => void;
  /** Calls the listeners. If one throws, the others are called all the same. */
  tell(...told: Told): void;
  /** Resolves `moved`, and makes `until` check its condition, after something has changed. */
  move(): void;
  /** Resolves at the next `move`; rejects with the signal's reason. */
  moved(signal?: AbortSignalLike): Promise<void>;
  /** Resolves once a condition holds, which is checked at every `move`. Rejects with the reason if it stops before, or the signal's. */
  until(holds: () => boolean, signal?: AbortSignalLike): Promise<void>;
  /** Removes all listeners, also those of the signal and the store. */
  finish(): void;
}

/**
 * Starts a lifecycle. `what` is the handle's name in errors. `onStop` is called with every reason to stop; when the store closes, it
 * awaits the result.
 */
export function createLifecycle<Told extends readonly unknown[] = []>(
  what: string,
  store: { onClose(end: (error: Error) => unknown): () => void },
  signal: AbortSignalLike | undefined,
  onStop: (end: End, first: boolean) => unknown,
): Lifecycle<Told> {
  const listeners = new Set<(...told: Told) => void>();
  const moves = createCondition();
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
      // Wrapped, so that a listener can be subscribed twice and unsubscribed once.
      const own = (...told: Told): void => listener(...told);
      if (!finished) listeners.add(own);
      return () => listeners.delete(own);
    },
    tell(...told) {
      for (const listener of [...listeners]) {
        try {
          listener(...told);
        } catch (error) {
          // Rethrown in a task of its own, as an unhandled error of the application.
          throwApart(error);
        }
      }
    },
    move: moves.notify,
    moved: moves.wait,
    async until(holds, caller) {
      while (!holds()) {
        life.ensureRunning();
        await moves.wait(caller);
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
