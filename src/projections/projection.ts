import type { Event } from "../event.ts";
import type { EventFilter } from "../events/filter.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Which part of a stream to fold. */
export interface LoadOptions {
  /** Only events up to this version, inclusive; default: all there are. */
  readonly upTo?: number | undefined;
  /** Only events recorded up to then: a `Date`, or milliseconds since the epoch. */
  readonly asOf?: Date | number | undefined;
  /** Aborting it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Which part of the whole store to fold: `upTo` is a position. */
export interface LoadAllOptions extends LoadOptions, EventFilter {}

/** A state folded from a stream. */
export interface Loaded<State> {
  readonly state: State;
  /** Of the newest event that was looked at; 0: there is none. An append can expect it. */
  readonly version: number;
}

/** A state folded from the whole store, or what a filter lets through. */
export interface LoadedAll<State> {
  readonly state: State;
  /** Every event up to here was looked at. */
  readonly position: number;
}

/** What a live projection follows: one stream, or what a filter lets through, or everything. */
export interface ProjectOptions extends EventFilter {
  /** Only this stream. */
  readonly stream?: string | undefined;
  /** Aborting it ends the projection with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** A state and the position up to which every event is in it. */
export interface ProjectedState<State> {
  readonly state: State;
  readonly position: number;
}

/**
 * A state that follows the store. It moves from one whole append to the next and never shows half of one; what it shows is
 * frozen. It starts when it is made; iterating gives the newest state whenever there is a newer one.
 */
export interface LiveProjection<State> extends ProjectedState<State>, AsyncDisposable {
  /**
   * Why it has stopped, where it has: `projection-failed`, `unknown-event`, `upcast-failed`, `store-closed` or one of the storage
   * codes.
   */
  readonly error: unknown;
  /** Calls back after every change of `state`, and once when it stops with an `error` other than `store-closed`. Returns what ends that. */
  subscribe(listener: (now: ProjectedState<State>) => void): () => void;
  /**
   * Resolves once every event up to a position is in the state; default: up to the head at the call. Rejects when the
   * projection stops before.
   */
  caughtUp(
    position?: number,
    options?: { readonly signal?: AbortSignalLike | undefined },
  ): Promise<ProjectedState<State>>;
  /** Ends it: loops over it end, `caughtUp` rejects with `store-closed`, and `state` stays what it is. */
  close(): void;
  /** The newest state, once it has caught up, and then each newer one; one not taken in time is passed over. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ProjectedState<State>>;
}

/** How events become a state, as `defineProjection` of `rivulet/projections` describes it. */
export interface Projection<State, E extends Event = Event> {
  /** The name under which snapshots are stored. */
  readonly name: string;
  /** The schema number of the state, from 1. */
  readonly schema: number;
  /** Returns the state before the first event. */
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
  /** For `stream.load`. */
  load(source: StoreContext, stream: string, options: LoadOptions): Promise<Loaded<State>>;
  /** For `store.load`. */
  loadAll(source: StoreContext, options: LoadAllOptions): Promise<LoadedAll<State>>;
  /** For `store.project`. */
  project(source: StoreContext, options: ProjectOptions): LiveProjection<State>;
}
