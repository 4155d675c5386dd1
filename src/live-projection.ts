import { createBufferedIterator } from "./buffered-iterator.ts";
import type { Fold } from "./define-projection.ts";
import { EventStoreError } from "./errors.ts";
import { toRecordFilter } from "./filter.ts";
import { follow } from "./follow.ts";
import { deepFreeze } from "./json.ts";
import { filterOf } from "./load.ts";
import { checkInteger, checkName } from "./names.ts";
import { asyncDispose, microtask } from "./platform.ts";
import type { LiveProjection, ProjectedState, ProjectionSource, ProjectOptions } from "./projection.ts";
import type { Scope } from "./projection-snapshots.ts";
import { createTurnstile } from "./turnstile.ts";

/** Follows the store with a state. Throws `invalid-argument`. */
export function createLiveProjection<State>(
  source: ProjectionSource,
  fold: Fold<State>,
  options: ProjectOptions,
): LiveProjection<State> {
  source.ensureOpen();
  const { signal } = options;
  const scope = toScope(fold, options);
  let now: ProjectedState<State> = deepFreeze({ state: fold.initial(), position: 0 });
  /** How often `state` has changed; 0: it has not caught up yet. */
  let changes = 0;
  let stopped: { readonly error?: unknown } | undefined;
  const listeners = new Set<(now: ProjectedState<State>) => void>();
  const moves = createTurnstile();

  if (signal?.aborted === true) throw signal.reason;
  const abort = (): void => stop({ error: signal?.reason });
  signal?.addEventListener("abort", abort, { once: true });
  const ignoreClose = source.onClose((error) => stop({ error }));
  const stopFollowing = follow(source, fold, scope, { show, fail: (error) => stop({ error }) });

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
    signal?.removeEventListener("abort", abort);
    ignoreClose();
    stopFollowing();
    if (reason.error !== undefined) tell();
    listeners.clear();
    moves.open();
  }

  function tell(): void {
    for (const listener of [...listeners]) {
      try {
        listener(now);
      } catch (error) {
        // The listener's own: thrown where nothing else is under way, so that the others are told all the same.
        microtask(() => {
          throw error;
        });
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

/** A stream is walked along its versions: quick to find, and seen to be whole. */
function toScope(fold: Fold<unknown>, options: ProjectOptions): Scope {
  const { stream } = options;
  if (stream === undefined) return { filter: filterOf(fold, options) };
  checkName(stream, "stream", "stream name");
  const filter = toRecordFilter(options);
  return { stream, ...(filter !== undefined && { filter }) };
}

function closed(): EventStoreError {
  return new EventStoreError("store-closed", "the live projection is closed: make a new one to go on", {});
}
