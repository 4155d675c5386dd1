import type { StoredEvent } from "../../../event.ts";
import { stringify } from "../../../events/json.ts";
import type { AbortSignalLike } from "../../../platform.ts";
import { freezeState } from "../../../projections/freeze-state.ts";
import type { Projection } from "../../../projections/projection.ts";
import type { Scope } from "../../../read/pager.ts";
import { contentOf, pendingAt } from "../pending/shown.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { LoadedPending } from "../stream-methods.ts";
import { createFeed } from "./feed.ts";
import type { LoadedPendingAll } from "./reads.ts";

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
   * @throws the `error` that ended it: `projection-failed`, `unknown-event`, `upcast-failed`, `store-closed` or a storage
   * code such as `storage-corrupt`.
   *
   * @example
   * ```ts
   * const live = replica.stream("account-1").project(balance);
   * for await (const { state, pending } of live) {
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
export type Now<State> = LoadedPending<State> & LoadedPendingAll<State>;

/** Shows a state, frozen, and that of what is confirmed alone. */
export type ShowPending<State> = (now: Now<State>, confirmed: State) => void;

/**
 * Keeps a state up to date, until the signal is aborted. What is confirmed is folded once; what is pending is decided again whenever one
 * of the two changes.
 */
export async function keepState<State>(
  parts: ReplicaContext,
  { _rivulet: { step, load }, initial }: Projection<State>,
  scope: Scope,
  show: ShowPending<State>,
  signal: AbortSignalLike,
): Promise<void> {
  let folded = freezeState(initial());
  /** What is shown, and of what. */
  let last: { readonly state: State; readonly confirmed: State; readonly content: string } | undefined;
  let followed: string | undefined;
  let feed = createFeed(parts, scope, findStart(), signal);
  async function findStart(): Promise<number> {
    if (scope.stream === undefined || scope.filter !== undefined) return 0;
    const start = await load(parts.context, scope.stream, {});
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
      folded = freezeState(initial());
      feed = createFeed(parts, scope, 0, signal);
      continue;
    }
    const pending = await pendingAt(parts, scope, view, position);
    if (signal.aborted) return;
    const content = contentOf(pending.events);
    const state =
      last !== undefined && folded === last.confirmed && content === last.content
        ? last.state
        : fold(folded, pending.events);
    last = { state, confirmed: folded, content };
    const length = version + (scope.stream === undefined ? 0 : pending.events.length);
    show({ state, version: length, position, pending: pending.entries }, folded);
  }

  function fold(state: State, events: readonly StoredEvent[]): State {
    return freezeState(events.reduce((before, event) => step(before, event), state));
  }
}
