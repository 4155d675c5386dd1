import { createBufferedIterator } from "../async/buffered-iterator.ts";
import { EventStoreError, isEventStoreError } from "../errors.ts";
import { deepFreeze } from "../events/json.ts";
import { checkInteger } from "../validate.ts";
import { asyncDispose, onAbort, refuseAborted, throwApart, type AbortSignalLike } from "../platform.ts";
import type { LiveProjection, ProjectedState, ProjectionSource } from "./projection.ts";
import { createTurnstile } from "../async/condition.ts";

/** What whoever makes the states of a live one has to tell. */
export interface LiveEvents<State> {
  /** A state, frozen, and the position up to which every event is in it. */
  show(now: ProjectedState<State>): void;
  /** It cannot go on. */
  fail(error: unknown): void;
}

/** A state that moves, and those who look at it. `start` begins to make states, and returns what ends that. */
export function createLive<State>(
  source: ProjectionSource,
  initial: State,
  signal: AbortSignalLike | undefined,
  start: (events: LiveEvents<State>) => () => void,
): LiveProjection<State> {
  source.ensureOpen();
  refuseAborted(signal);
  let now: ProjectedState<State> = deepFreeze({ state: initial, position: 0 });
  /** How often `state` has changed; 0: it has not caught up yet. */
  let changes = 0;
  let stopped: { readonly error?: unknown } | undefined;
  const listeners = new Set<(now: ProjectedState<State>) => void>();
  const moves = createTurnstile();

  const ignoreAbort = onAbort(signal, () => stop({ error: signal?.reason }));
  const ignoreClose = source.onClose((error) => stop({ error }));
  const stopMaking = start({ show, fail: (error) => stop({ error }) });

  function show(next: ProjectedState<State>): void {
    const changed = changes === 0 || !Object.is(next.state, now.state);
    now = Object.freeze(next);
    if (changed) {
      changes += 1;
      tell();
    }
    moves.open();
  }

  function stop(reason: { readonly error?: unknown }): void {
    if (stopped !== undefined) return;
    stopped = reason;
    ignoreAbort();
    ignoreClose();
    stopMaking();
    // The end of the store is no news of this.
    if (reason.error !== undefined && !isEventStoreError(reason.error, "store-closed")) tell();
    listeners.clear();
    moves.open();
  }

  function tell(): void {
    for (const listener of [...listeners]) {
      try {
        listener(now);
      } catch (error) {
        // The listener's own: thrown where nothing else is under way, so that the others are told all the same.
        throwApart(error);
      }
    }
  }

  function iterate(): AsyncIterableIterator<ProjectedState<State>> {
    let taken = 0;
    return createBufferedIterator({
      signal: undefined,
      async fill() {
        while (stopped === undefined && taken === changes) await moves.pass();
        if (taken < changes) {
          taken = changes;
          return [now];
        }
        if (stopped?.error !== undefined) throw stopped.error;
        return undefined;
      },
    });
  }

  return {
    get state() {
      return now.state;
    },
    get position() {
      return now.position;
    },
    get error() {
      return stopped?.error;
    },
    subscribe(listener) {
      // Wrapped, so that one listener may be subscribed twice and leave once.
      const own = (state: ProjectedState<State>): void => listener(state);
      if (stopped === undefined) listeners.add(own);
      return () => listeners.delete(own);
    },
    async caughtUp(position, { signal: until } = {}) {
      refuseAborted(until);
      if (position !== undefined) checkInteger(position, "position", 0);
      const target = position ?? (stopped === undefined ? await source.storage.head() : Infinity);
      while (changes === 0 || now.position < target) {
        if (stopped !== undefined) throw stopped.error ?? closed();
        await moves.pass(until);
      }
      return now;
    },
    close: () => stop({}),
    [Symbol.asyncIterator]: iterate,
    [asyncDispose]() {
      stop({});
      return Promise.resolve();
    },
  };
}

function closed(): EventStoreError {
  return new EventStoreError("store-closed", "it is closed: make a new one to go on", {});
}
