import { createNewestIterator } from "../../../async/newest-iterator.ts";
import { createLifecycle } from "../../../async/lifecycle.ts";
import { isEventStoreError } from "../../../errors.ts";
import type { StoredEvent } from "../../../event.ts";
import { FILTER_OPTIONS, toRecordFilter } from "../../../events/filter.ts";
import { stringify } from "../../../events/json.ts";
import { asyncDispose, createAbort, onAbort, refuseAborted } from "../../../platform.ts";
import { freezeState } from "../../../projections/freeze-state.ts";
import type { Projection, ProjectOptions } from "../../../projections/projection.ts";
import { scopeOf } from "../../../read/pager.ts";
import { checkName, checkOptions, verbOf } from "../../../validate.ts";
import { createFeed } from "./feed.ts";
import type { LoadedPendingAll } from "./reads.ts";
import type { ReplicaContext } from "../replica-context.ts";
import { contentOf, pendingAt } from "../pending/shown.ts";
import type { LoadedPending } from "../stream-methods.ts";

/** What live states of a stream and of several streams have in common. */
interface LiveState<State, Told> extends AsyncDisposable {
  /** The state of what is confirmed alone, frozen. */
  readonly confirmed: State;
  /** Resolves once the history is in the state; rejects with the error that ended it before. */
  readonly loaded: Promise<void>;
  /** The error that has ended it; undefined while it runs, and after `close()`. */
  readonly error: unknown;
  /**
   * Calls the listener once the history is in the state, after every change, and once if it ends with an `error` other than
   * `store-closed`. Returns a function that removes the listener.
   *
   * @example
   * ```ts
   * const live = replica.stream("account-1").project(balance);
   * const stop = live.subscribe(({ state, pending }) => console.log(state, pending)); // → 0 0
   * await live.loaded;
   * stop();
   * ```
   */
  subscribe(listener: (now: Told) => void): () => void;
  /**
   * Stops keeping the state up to date. It keeps its last value.
   *
   * @example
   * ```ts
   * const live = replica.stream("account-1").project(balance);
   * await live.loaded;
   * live.close();
   * ```
   */
  close(): void;
  /**
   * Iterates over the states: the first once the history is in it, then the newest after each change.
   *
   * @throws the `error` that ended it: `projection-failed`, `unknown-event`, `upcast-failed`, `store-closed` or a storage code.
   *
   * @example
   * ```ts
   * for await (const { state, pending } of replica.stream("account-1").project(balance)) {
   *   console.log(state, pending); // → 0 0
   *   break; // else the loop waits for the next state
   * }
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Told>;
}

/** A state of a followed stream that is kept up to date, with what is pending. What is confirmed is folded once. */
export interface LivePending<State> extends LoadedPending<State>, LiveState<State, LoadedPending<State>> {}

/** A state of several followed streams that is kept up to date, with what is pending. What is confirmed is folded once. */
export interface LivePendingAll<State> extends LoadedPendingAll<State>, LiveState<State, LoadedPendingAll<State>> {}

/** A state with everything that is told of it. */
type Now<State> = LoadedPending<State> & LoadedPendingAll<State>;

/** Keeps a state up to date. What is confirmed is folded once; what is pending is decided again whenever one of the two changes. */
export function createLivePending<State>(
  parts: ReplicaContext,
  projection: Projection<State>,
  options: ProjectOptions,
): LivePending<State> & LivePendingAll<State> {
  const { context, closed } = parts;
  context.ensureOpen();
  checkOptions(options, ["stream", "signal", ...FILTER_OPTIONS]);
  const { stream, signal } = options;
  refuseAborted(signal);
  if (stream !== undefined) checkName(stream, "stream");
  const scope = scopeOf(stream, toRecordFilter(options));
  const load = verbOf(projection, "load", "projection", "defineProjection");
  const { step } = projection._rivulet;
  const stopping = createAbort();
  let confirmed = freezeState(projection.initial());
  let now: Now<State> = { state: confirmed, version: 0, position: 0, pending: 0 };
  /** The number of changes; 0 until the history is folded. */
  let changes = 0;
  const life = createLifecycle<[Now<State>]>("the live projection", context, signal, ({ error }, first) => {
    if (!first) return;
    stopping.abort();
    ignoreClosed();
    // Listeners are not called when it ends because the store or the replica was closed.
    if (error !== undefined && !isEventStoreError(error, "store-closed")) life.tell(now);
    life.finish();
    life.move();
  });
  const ignoreClosed = onAbort(closed, () => life.stop({ error: closed.reason }));
  const loaded = life.until(() => changes > 0);
  loaded.catch(() => undefined);
  if (closed.aborted) life.stop({ error: closed.reason });
  else run().catch((error: unknown) => life.stop({ error }));

  async function run(): Promise<void> {
    let folded = confirmed;
    let shown: string | undefined;
    let followed: string | undefined;
    let feed = createFeed(parts, scope, findStart(), stopping.signal);
    async function findStart(): Promise<number> {
      if (scope.stream === undefined || scope.filter !== undefined) return 0;
      const start = await load(context, scope.stream, {});
      folded = start.state;
      return start.version;
    }
    for (;;) {
      const { confirmed: events, version, position, view, whole } = await feed.next();
      folded = fold(folded, events);
      if (!whole || view === undefined) continue;
      const items = stringify(view.items.map(({ kind, name }) => [kind, name]));
      // Other streams are followed now: their events may be stored already, or are no longer part of the state.
      if (scope.stream === undefined && items !== (followed ??= items)) {
        followed = items;
        folded = freezeState(projection.initial());
        feed = createFeed(parts, scope, 0, stopping.signal);
        continue;
      }
      const pending = await pendingAt(parts, scope, view, position);
      if (life.end !== undefined) return;
      const content = contentOf(pending.events);
      const same = changes > 0 && folded === confirmed && content === shown;
      confirmed = folded;
      shown = content;
      const state = same ? now.state : fold(folded, pending.events);
      const length = version + (scope.stream === undefined ? 0 : pending.events.length);
      show({ state, version: length, position, pending: pending.entries });
    }
  }

  function fold(state: State, events: readonly StoredEvent[]): State {
    return freezeState(events.reduce((before, event) => step(before, event), state));
  }

  function show(next: Now<State>): void {
    const changed = changes === 0 || !Object.is(next.state, now.state) || next.pending !== now.pending;
    now = Object.freeze(next);
    if (!changed) return;
    changes += 1;
    life.tell(now);
    life.move();
  }

  return {
    get state() {
      return now.state;
    },
    get confirmed() {
      return confirmed;
    },
    get version() {
      return now.version;
    },
    get position() {
      return now.position;
    },
    get pending() {
      return now.pending;
    },
    get error() {
      return life.end?.error;
    },
    loaded,
    subscribe: life.subscribe,
    close: () => void life.stop({}),
    [Symbol.asyncIterator]: () => createNewestIterator(life, () => ({ value: now, changes })),
    [asyncDispose]() {
      life.stop({});
      return Promise.resolve();
    },
  };
}
