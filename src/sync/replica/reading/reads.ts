import type { Event, EventsOfType, StoredEvent } from "../../../event.ts";
import type { EventFilter } from "../../../events/filter.ts";
import type { LoadAllOptions, LoadOptions, Projection, ProjectOptions } from "../../../projections/projection.ts";
import type { ReadAllOptions, ReadOptions } from "../../../read/read.ts";
import type { EventWatcher, WatchOptions } from "../../../subscriptions/watch.ts";
import type { LivePendingAll } from "./live-pending.ts";
import type { PendingEvent } from "../pending/predict.ts";

/** Whether what is pending is taken. */
export interface WithPending {
  /** Whether what is pending is taken, after all that is confirmed; default true. */
  readonly pending?: boolean | undefined;
}

/** Which events of a followed stream to read. With `asOf`, nothing pending is read: it was not recorded yet. */
export interface ReplicaReadOptions extends ReadOptions, WithPending {}

/** Which events of the followed streams to read; `after` and `upTo` are this store's positions. */
export interface ReplicaReadAllOptions<Type extends string = string> extends ReadAllOptions<Type>, WithPending {}

/** Which events of a followed stream to fold. With `asOf`, nothing pending is folded. */
export interface ReplicaLoadOptions extends LoadOptions, WithPending {}

/** Which events of the followed streams to fold; `upTo` is one of this store's positions. */
export interface ReplicaLoadAllOptions extends LoadAllOptions, WithPending {}

/** How to watch the followed streams. */
export interface ReplicaWatchAllOptions<Type extends string = string> extends WatchOptions, EventFilter<Type> {}

/** Watches confirmed events alone. */
export interface ConfirmedOnly {
  /** Only confirmed events, each of them by itself, as the store's own watch gives them. */
  readonly pending: false;
}

/** A confirmed event, or one that is pending. */
export type ShownEvent<E extends Event = Event> = StoredEvent<E> & {
  /** Absent from a confirmed event. The version, position and time of a pending one are provisional. */
  readonly pending?: true;
};

/** The events of a read, in order: those that are confirmed, then those that are pending; newest first if it is read backward. */
export interface ShownReader<E extends Event = Event> extends AsyncIterableIterator<ShownEvent<E>>, AsyncDisposable {
  /**
   * Resolves with the events that were not taken yet. Faster than iterating.
   *
   * @throws `store-closed`, `unknown-event`, `upcast-failed` or a storage code such as `storage-corrupt`.
   *
   * @example
   * ```ts
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * const events = await replica.read({ types: ["deposited"] }).toArray();
   * console.log(events.map(({ stream, pending }) => [stream, pending])); // → [ [ 'account-1', true ] ]
   * ```
   */
  toArray(): Promise<ShownEvent<E>[]>;
}

/** What has changed since the last change: events that are confirmed are added for good, and what is pending is replaced as a whole. */
export interface ReplicaChange<E extends Event = Event> {
  /** The events that were confirmed since the last change, in order. Each of them comes once, and is never taken back. */
  readonly confirmed: readonly StoredEvent<E>[];
  /**
   * All events that are pending now, on top of every confirmed event so far. They take the place of those of the last change: the hub
   * may have confirmed them, decided otherwise, or refused them. Empty while the first history is delivered.
   */
  readonly pending: readonly PendingEvent<E>[];
}

/** Delivers changes until you leave the loop, the signal is aborted, or the replica or its store is closed. */
export interface ReplicaWatcher<E extends Event = Event>
  extends AsyncIterableIterator<ReplicaChange<E>>, AsyncDisposable {}

/** A state of several streams, with what is pending. */
export interface LoadedPendingAll<State> {
  /** The state with what is pending, frozen. */
  readonly state: State;
  /** The position of this store up to which every confirmed event is in the state. */
  readonly position: number;
  /** How many commands and appends in the state the hub has not confirmed. */
  readonly pending: number;
}

/** Reads over all followed streams. The store's own streams are not part of them. */
export interface ReplicaReads {
  /**
   * Reads the followed streams, or the events of them that a filter selects: what is confirmed, then what is pending in the order in which it
   * was queued. Between streams, confirmed events are in the order of their arrival here.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   *
   * @example
   * ```ts
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * for await (const { stream, type, pending } of replica.read()) {
   *   console.log(stream, type, pending); // → account-1 deposited true
   * }
   * const confirmed = await replica.read({ pending: false }).toArray();
   * console.log(confirmed.length); // → 0
   * ```
   */
  read<E extends Event = Event, const Type extends E["type"] = E["type"]>(
    options?: ReplicaReadAllOptions<Type>,
  ): ShownReader<EventsOfType<E, Type>>;
  /**
   * Watches the followed streams: each change has the events that were confirmed, and all that is pending now. With `pending: false`,
   * it gives the confirmed events one by one.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   *
   * @example
   * ```ts
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * for await (const { confirmed, pending } of replica.watch()) {
   *   console.log(confirmed.length, pending.map(({ type }) => type)); // → 0 [ 'deposited' ]
   *   break; // else the loop waits for the next change
   * }
   * ```
   */
  watch<E extends Event = Event, const Type extends E["type"] = E["type"]>(
    options: ReplicaWatchAllOptions<Type> & ConfirmedOnly,
  ): EventWatcher<EventsOfType<E, Type>>;
  watch<E extends Event = Event, const Type extends E["type"] = E["type"]>(
    options?: ReplicaWatchAllOptions<Type>,
  ): ReplicaWatcher<EventsOfType<E, Type>>;
  /**
   * Folds the followed streams, or the events of them that a filter selects, with what is pending. Every call folds from the start: keep a
   * state that is needed often with `project`.
   *
   * @throws `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`, `store-closed` or a storage code such
   * as `storage-corrupt`.
   *
   * @example
   * ```ts
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * const { state, pending } = await replica.load(balance, { types: ["deposited"] });
   * console.log(state, pending); // → 5 1
   * ```
   */
  load<State>(projection: Projection<State>, options?: ReplicaLoadAllOptions): Promise<LoadedPendingAll<State>>;
  /**
   * Keeps a state of the followed streams up to date, or of the events of them that a filter selects: with what is pending, and without.
   * With `stream`, of one stream. Events of different streams come in the order of their arrival, so the state must not depend on it.
   *
   * @throws `invalid-argument` or `store-closed`.
   *
   * @example
   * ```ts
   * const live = replica.project(balance, { streamPrefix: "account-" });
   * await live.loaded;
   * console.log(live.state, live.confirmed, live.pending); // → 0 0 0
   * ```
   */
  project<State>(projection: Projection<State>, options?: ProjectOptions): LivePendingAll<State>;
}
