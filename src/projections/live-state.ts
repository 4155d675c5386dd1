import { createNewestIterator } from "../async/newest-iterator.ts";
import { isEventStoreError } from "../errors.ts";
import { freezeState } from "./freeze-state.ts";
import { checkInteger, checkOptions } from "../validate.ts";
import { asyncDispose, refuseAborted, type AbortSignalLike } from "../platform.ts";
import type { LiveProjection, ProjectedState } from "./projection.ts";
import { createLifecycle } from "../async/lifecycle.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Callbacks of the code that produces the states. */
export interface LiveEvents<State> {
  /** Shows a new state, frozen, and the position up to which every event is in it. */
  show(now: ProjectedState<State>): void;
  /** Ends the projection with an error. */
  fail(error: unknown): void;
}

/** Creates a live projection around `start`, which begins to produce states and returns a function that stops it. */
export function createLive<State>(
  what: string,
  context: StoreContext,
  initial: State,
  signal: AbortSignalLike | undefined,
  start: (events: LiveEvents<State>) => () => void,
): LiveProjection<State> {
  context.ensureOpen();
  refuseAborted(signal);
  let now: ProjectedState<State> = freezeState({ state: initial, position: 0 });
  /** The number of changes of `state`; 0 until history is folded. */
  let changes = 0;
  const life = createLifecycle<[ProjectedState<State>]>(what, context, signal, ({ error }, first) => {
    if (!first) return;
    stopMaking();
    // Listeners are not called when the projection ends because the store was closed.
    if (error !== undefined && !isEventStoreError(error, "store-closed")) life.tell(now);
    life.finish();
    life.move();
  });
  const stopMaking = start({ show, fail: (error) => life.stop({ error }) });

  function show(next: ProjectedState<State>): void {
    const changed = changes === 0 || !Object.is(next.state, now.state);
    now = Object.freeze(next);
    if (changed) {
      changes += 1;
      life.tell(now);
    }
    life.move();
  }

  return {
    get state() {
      return now.state;
    },
    get position() {
      return now.position;
    },
    get error() {
      return life.end?.error;
    },
    ended: life.ended,
    subscribe: life.subscribe,
    async caughtUp(position, options = {}) {
      checkOptions(options, ["signal"]);
      const { signal: until } = options;
      refuseAborted(until);
      if (position !== undefined) checkInteger(position, "position", 0);
      const target = position ?? (life.end === undefined ? await context.storage.head() : Infinity);
      await life.until(() => changes > 0 && now.position >= target, until);
      return now;
    },
    close: () => void life.stop({}),
    [Symbol.asyncIterator]: () => createNewestIterator(life, () => ({ value: now, changes })),
    [asyncDispose]() {
      life.stop({});
      return Promise.resolve();
    },
  };
}
