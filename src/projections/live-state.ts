import { createNewestIterator } from "../async/newest-iterator.ts";
import { isEventStoreError } from "../errors.ts";
import { freezeState } from "./freeze-state.ts";
import { checkPosition, checkOptions } from "../validate.ts";
import { asyncDispose, refuseAborted, type AbortSignalLike } from "../platform.ts";
import type { LiveProjection, ProjectedState } from "./projection.ts";
import { createLifecycle, type Lifecycle } from "../async/lifecycle.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Callbacks of the code that produces the states. */
export interface LiveEvents<State> {
  /** Shows a new state, frozen, and the position up to which every event is in it. */
  show(now: ProjectedState<State>): void;
  /** Ends the projection with an error. */
  fail(error: unknown): void;
}

/** A handle on the newest of the values that some code makes until it is stopped. */
export interface LiveHandle<Now> {
  /** The newest value. */
  readonly now: Now;
  /** How often it was told; 0 until the first one is made. */
  readonly changes: number;
  readonly life: Lifecycle<[Now]>;
  /** What every such handle has. */
  readonly members: AsyncDisposable & {
    subscribe(listener: (now: Now) => void): () => void;
    close(): void;
    [Symbol.asyncIterator](): AsyncIterableIterator<Now>;
  };
}

/** What makes the values: each is told if it `isNews`. */
export interface LiveMaker<Now> {
  show(now: Now, isNews: boolean): void;
  fail(error: unknown): void;
}

/** Creates a handle around `start`, which begins to make values and returns a function that stops it. */
export function createHandle<Now>(
  what: string,
  store: Pick<StoreContext, "ensureOpen" | "onClose">,
  initial: Now,
  signal: AbortSignalLike | undefined,
  start: (maker: LiveMaker<Now>) => () => void,
): LiveHandle<Now> {
  store.ensureOpen();
  refuseAborted(signal);
  let now = freezeState(initial);
  let changes = 0;
  const life = createLifecycle<[Now]>(what, store, signal, ({ error }, first) => {
    if (!first) return;
    stopMaking();
    // Listeners are not called when it ends because the store was closed.
    if (error !== undefined && !isEventStoreError(error, "store-closed")) life.tell(now);
    life.finish();
    life.move();
  });
  const close = (): void => void life.stop({});
  const stopMaking = start({
    show(next, isNews) {
      now = Object.freeze(next);
      if (isNews || changes === 0) {
        changes += 1;
        life.tell(now);
      }
      life.move();
    },
    fail: (error) => life.stop({ error }),
  });

  return {
    get now() {
      return now;
    },
    get changes() {
      return changes;
    },
    life,
    members: {
      subscribe: life.subscribe,
      close,
      [Symbol.asyncIterator]: () => createNewestIterator(life, () => ({ value: now, changes })),
      async [asyncDispose]() {
        close();
      },
    },
  };
}

/** Creates a live projection around `start`, which begins to produce states and returns a function that stops it. */
export function createLive<State>(
  what: string,
  context: StoreContext,
  initial: State,
  signal: AbortSignalLike | undefined,
  start: (events: LiveEvents<State>) => () => void,
): LiveProjection<State> {
  const live = createHandle<ProjectedState<State>>(
    what,
    context,
    { state: initial, position: 0 },
    signal,
    ({ show, fail }) => start({ show: (next) => show(next, !Object.is(next.state, live.now.state)), fail }),
  );
  const { life } = live;

  return {
    ...live.members,
    get state() {
      return live.now.state;
    },
    get position() {
      return live.now.position;
    },
    get error() {
      return life.end?.error;
    },
    ended: life.ended,
    async caughtUp(position, options = {}) {
      checkOptions(options, ["signal"]);
      const { signal: until } = options;
      refuseAborted(until);
      if (position !== undefined) checkPosition(position, "position");
      const target = position ?? (life.end === undefined ? await context.storage.head() : Infinity);
      await life.until(() => live.changes > 0 && live.now.position >= target, until);
      return live.now;
    },
  };
}
