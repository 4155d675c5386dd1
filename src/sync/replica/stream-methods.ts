import type { Event, ExpectedVersion, Metadata, NewEvent, StoredEvent } from "../../event.ts";
import type { Projection } from "../../projections/projection.ts";
import type { EventWatcher, WatchOptions } from "../../subscriptions/watch.ts";
import type { LivePending } from "./reading/live-pending.ts";
import type { PendingEvent } from "./pending/predict.ts";
import type {
  ConfirmedOnly,
  ReplicaLoadOptions,
  ReplicaReadOptions,
  ReplicaWatcher,
  ShownReader,
  WithPending,
} from "./reading/reads.ts";

/** A state of a stream, with what is pending. */
export interface LoadedPending<State> {
  /** The state with what is pending, frozen. */
  readonly state: State;
  /** The version with what is pending; provisional if `pending` is not 0. */
  readonly version: number;
  /** How many commands and appends in the state the hub has not confirmed. */
  readonly pending: number;
}

/** A command or an append that is durable here. */
export interface Queued<E extends Event = Event> {
  /** Its id in the outbox. */
  readonly id: string;
  /** Its events as they were decided here; empty if it was queued before. */
  readonly events: readonly PendingEvent<E>[];
  /**
   * Resolves with the events as the hub has stored them, once they are here: the hub may have decided otherwise, or on no events at all.
   * Events of streams that the hub withholds from this client are not among them.
   * Rejects with `entry-rejected` if the hub refuses it or it was discarded, and with `store-closed` once the replica is closed. Nothing is
   * printed if nobody waits for it.
   */
  readonly confirmed: Promise<readonly StoredEvent<E>[]>;
}

/** How to queue a command. */
export interface QueueCommandOptions {
  /** Makes repeated calls with the same key on the same stream one command. Default: each call is a command of its own. */
  readonly key?: string | undefined;
  /** Metadata for each event. */
  readonly metadata?: Metadata | undefined;
}

/** How to queue an append to several streams. */
export interface QueueAppendAllOptions {
  /** Makes repeated calls with the same key one append. */
  readonly key?: string | undefined;
}

/** How to queue an append. */
export interface QueueAppendOptions extends QueueAppendAllOptions {
  /** The version that the stream must have, here with what is pending and then at the hub. Default: "any". */
  readonly expectedVersion?: ExpectedVersion | undefined;
}

/** A handle on a followed stream. */
export interface ReplicaStream<E extends Event = Event> {
  /** The name of the stream. */
  readonly name: string;
  /**
   * Decides a command on the state with what is pending, and queues it for the hub, whose decision is final. Resolves once it is durable
   * here.
   *
   * @throws what the decider throws; `invalid-argument` for a stream that is not followed or an unknown decider;
   * `invalid-event`, `outbox-full`, `store-closed` or a storage code such as `storage-full`.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 5 } });
   * const { events, confirmed } = await account.execute("withdrawal", { withdraw: 2 });
   * console.log(events.map(({ type, pending }) => [type, pending])); // → [ [ 'withdrawn', true ] ]
   * console.log((await confirmed).map(({ type, version }) => [type, version])); // → [ [ 'withdrawn', 2 ] ]
   * ```
   */
  execute(decider: string, command: unknown, options?: QueueCommandOptions): Promise<Queued<E>>;
  /**
   * Queues events for the hub, which appends all of them or none. Resolves once they are durable here.
   *
   * @throws `version-conflict` if the stream has another version than `expectedVersion`, with what is pending;
   * `invalid-argument` for a stream that is not followed; `invalid-event`, `outbox-full`, `store-closed` or a storage code
   * such as `storage-full`.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * const { events } = await account.append({ type: "deposited", data: { amount: 5 } });
   * console.log(events.map(({ version, pending }) => [version, pending])); // → [ [ 1, true ] ]
   * ```
   */
  append(events: NewEvent<E> | readonly NewEvent<E>[], options?: QueueAppendOptions): Promise<Queued<E>>;
  /**
   * Reads the stream: what is confirmed, then what is pending. `after` and `upTo` are versions; those of pending events are provisional.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 5 } });
   * for await (const { version, type, pending } of account.read()) {
   *   console.log(version, type, pending); // → 1 deposited true
   * }
   * ```
   */
  read(options?: ReplicaReadOptions): ShownReader<E>;
  /**
   * Watches the stream: each change has the events that were confirmed, which are never taken back, and all that is pending now, which
   * replaces what was pending before. With `pending: false`, it gives the confirmed events one by one. `after` is a version.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   *
   * @example
   * ```ts
   * const shown: string[] = [];
   * for await (const { confirmed, pending } of replica.stream("account-1").watch()) {
   *   shown.push(...confirmed.map(({ type }) => type));
   *   console.log([...shown, ...pending.map(({ type }) => `${type}?`)]); // → []
   *   break; // else the loop waits for the next change
   * }
   * ```
   */
  watch(options: WatchOptions & ConfirmedOnly): EventWatcher<E>;
  watch(options?: WatchOptions): ReplicaWatcher<E>;
  /**
   * Resolves with the number of events in the stream, with what is pending.
   *
   * @throws `invalid-argument`, `store-closed` or a storage code such as `storage-busy`.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 5 } });
   * console.log(await account.version(), await account.version({ pending: false })); // → 1 0
   * ```
   */
  version(options?: WithPending): Promise<number>;
  /**
   * Folds the stream with what is pending.
   *
   * @throws `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`, `store-closed` or a storage code such
   * as `storage-corrupt`.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 5 } });
   * console.log(await account.load(balance)); // → { state: 5, version: 1, pending: 1 }
   * ```
   */
  load<State>(projection: Projection<State>, options?: ReplicaLoadOptions): Promise<LoadedPending<State>>;
  /**
   * Keeps a state of the stream up to date, with what is pending, and without.
   *
   * @throws `invalid-argument` or `store-closed`.
   *
   * @example
   * ```ts
   * const live = replica.stream<AccountEvent>("account-1").project(balance);
   * await live.loaded;
   * console.log(live.state, live.confirmed, live.pending); // → 0 0 0
   * ```
   */
  project<State>(projection: Projection<State>): LivePending<State>;
}
