import type { Event, StoredEvent } from "../event.ts";
import type { EventFilter } from "../events/filter.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { KeptAs } from "./snapshot.ts";
import type { StoreContext } from "../storage/store-context.ts";
import type { createHandle } from "./live-state.ts";

/** Which events of a stream to fold. */
export interface LoadOptions {
  /** Folds events up to this version, inclusive; default: all events. */
  readonly upTo?: number | undefined;
  /** Folds events recorded up to this time, a `Date` or milliseconds since the epoch; default: all events. */
  readonly asOf?: Date | number | undefined;
  /** Aborting it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Which events of the whole store to fold; `upTo` is a position. */
export interface LoadAllOptions extends LoadOptions, EventFilter {}

/** A state folded from a stream. */
export interface Loaded<State> {
  /** The state after the last folded event, frozen. */
  readonly state: State;
  /** The version of the last event, for `expectedVersion` of an append; 0 if there is none. */
  readonly version: number;
}

/** A state folded from the whole store, or from the events that a filter selects. */
export interface LoadedAll<State> {
  /** The state after the last folded event, frozen. */
  readonly state: State;
  /** The position up to which every event is in the state. */
  readonly position: number;
}

/** Which events a live projection folds: those of one stream, those that a filter selects, or all. */
export interface ProjectOptions extends EventFilter {
  /** Folds this stream only; default: all streams. */
  readonly stream?: string | undefined;
  /** Aborting it ends the projection with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** A state and its position. */
export interface ProjectedState<State> {
  /** The state, frozen. */
  readonly state: State;
  /** The position up to which every event is in the state. */
  readonly position: number;
}

/**
 * A state that is kept up to date with the store, until it is closed. An append that stored several events changes it once, never
 * partially. Iterating gives the newest state each time it has changed.
 */
export interface LiveProjection<State> extends ProjectedState<State>, AsyncDisposable {
  /**
   * The error that ended the projection: `projection-failed`, `unknown-event`, `upcast-failed`, `store-closed`, a storage code, or
   * the signal's reason. Undefined while it runs, and after `close()`.
   */
  readonly error: unknown;
  /**
   * Resolves when the projection or the store is closed. Nothing is printed if nobody waits for it.
   *
   * @throws the `error` that ended the projection, such as `projection-failed` or `storage-corrupt`.
   * @example
   * ```ts
   * const live = store.project(balance);
   * live.ended.catch((error: unknown) => console.error("the balance is no longer updated:", error));
   * ```
   */
  readonly ended: Promise<void>;
  /**
   * Calls the listener once the history is folded, after every later change of `state`, and once if the projection ends with an `error` other than `store-closed`.
   * Returns a function that removes the listener.
   *
   * @example
   * ```ts
   * const live = store.project(balance);
   * await live.caughtUp();
   * const unsubscribe = live.subscribe(({ state }) => console.log(state)); // → 100
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await live.caughtUp();
   * unsubscribe();
   * ```
   */
  subscribe(listener: (now: ProjectedState<State>) => void): () => void;
  /**
   * Resolves with the state once every event up to `position` is in it; default: up to the head at the time of the call.
   *
   * @throws `invalid-argument` for an invalid position. If the projection ends first, its `error`: `projection-failed`,
   * `unknown-event`, `upcast-failed`, `store-closed` or a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * const live = store.project(balance);
   * const { position } = await account.append({ type: "deposited", data: { amount: 100 } });
   * console.log((await live.caughtUp(position)).state); // → 100
   * ```
   */
  caughtUp(
    position?: number,
    options?: { readonly signal?: AbortSignalLike | undefined },
  ): Promise<ProjectedState<State>>;
  /**
   * Ends the projection: loops over it end, `caughtUp` rejects with `store-closed`, and `state` keeps its last value.
   *
   * @example
   * ```ts
   * const live = store.project(balance);
   * live.close();
   * console.log(live.state, live.error); // → 0 undefined
   * ```
   */
  close(): void;
  /**
   * Iterates over the states: the first once the history is folded, then the newest after each change. Intermediate states are
   * skipped if the loop is slower than the changes.
   *
   * @throws the projection's `error`: `projection-failed`, `unknown-event`, `upcast-failed`, `store-closed` or a storage code such
   * as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * for await (const { state, position } of store.project(balance)) {
   *   console.log(state, position); // → 100 1
   *   break; // else the loop waits for the next state
   * }
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ProjectedState<State>>;
}

/** How events become a state, as `defineProjection` of `rivulet/projections` describes it. */
export interface Projection<State, E extends Event = Event> {
  /** The name under which snapshots are stored. */
  readonly name: string;
  /** The schema number of the state, from 1. */
  readonly schema: number;
  /**
   * Returns the state before the first event.
   *
   * @throws `projection-failed` if the definition's `initial` throws.
   * @example
   * ```ts
   * const { state } = await store.stream("account-9").load(balance);
   * console.log(state === balance.initial()); // → true
   * console.log(balance.initial()); // → 0
   * ```
   */
  initial(): State;
  /** For rivulet itself. */
  readonly _rivulet: ProjectionInternals<State, E>;
}

/**
 * What a projection does for the store that folds with it. The definition carries this code, so that an application which
 * folds nothing does not download it.
 */
interface ProjectionInternals<State, E extends Event> {
  /** Exists for the compiler only, which infers the handled events from it. */
  readonly events?: E;
  readonly kept: KeptAs;
  /** Returns the state after an event. @throws `projection-failed`. */
  step(state: State, event: StoredEvent): State;
  /** Implements `stream.load`. */
  load(context: StoreContext, stream: string, options: LoadOptions): Promise<Loaded<State>>;
  /** Implements `store.load`. */
  loadAll(context: StoreContext, options: LoadAllOptions): Promise<LoadedAll<State>>;
  /** Implements `store.project`. */
  project(context: StoreContext, options: ProjectOptions): LiveProjection<State>;
  /** Makes the handles of live states, for replicas. */
  readonly live: typeof createHandle;
}
