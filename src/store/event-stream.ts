import { append, APPEND_OPTIONS, type AppendOptions, type AppendResult } from "../append/append.ts";
import type { Decider, Executed, ExecuteOptions } from "../deciders/decider.ts";
import type { Event, NewEvent } from "../event.ts";
import { checkName, verbOf } from "../validate.ts";
import type { Loaded, LoadOptions, Projection } from "../projections/projection.ts";
import { read, type EventReader, type ReadOptions } from "../read/read.ts";
import {
  loadSnapshot,
  saveSnapshot,
  type LoadSnapshotOptions,
  type NewSnapshot,
  type Snapshot,
  type Snapshotted,
} from "../projections/snapshot.ts";
import { watch, type EventWatcher, type WatchOptions } from "../subscriptions/watch.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** A handle on one stream of a store. The stream exists from its first event on. */
export interface EventStream<E extends Event = Event> {
  /** The stream's name. */
  readonly name: string;
  /**
   * Appends one event or several: all of them, or none. Resolves once they are on disk.
   *
   * @throws `version-conflict`, `event-id-conflict`, `invalid-event`, `invalid-argument` (also for an asynchronous schema),
   * `store-closed`, `outcome-unknown` or a storage code such as `storage-full`.
   * @example
   * ```ts
   * const { version } = await account.append({ type: "deposited", data: { amount: 100 } });
   * await account.append({ type: "withdrawn", data: { amount: 30 } }, { expectedVersion: version });
   * console.log(await account.version()); // → 2
   * ```
   */
  append(events: NewEvent<E> | readonly NewEvent<E>[], options?: AppendOptions): Promise<AppendResult<E>>;
  /**
   * Reads the stream's events; `after` and `upTo` are versions. A stream that does not exist has no events.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * for await (const { version, type, data } of account.read()) {
   *   console.log(version, type, data.amount); // → 1 deposited 100
   * }
   * ```
   */
  read(options?: ReadOptions): EventReader<E>;
  /**
   * Watches the stream: first its history, then new events as they are appended; `after` is a version.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * const watcher = account.watch({ after: "head" });
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const { value } = await watcher.next();
   * console.log(value?.type); // → deposited
   * ```
   */
  watch(options?: WatchOptions): EventWatcher<E>;
  /**
   * Resolves with the number of events in the stream; 0 if there is no such stream.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`.
   * @example
   * ```ts
   * console.log(await account.version()); // → 0
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * console.log(await account.version()); // → 1
   * ```
   */
  version(): Promise<number>;
  /**
   * Saves a state that was folded from the stream, for `loadSnapshot`. Projections and deciders with a snapshot policy do this by
   * themselves.
   *
   * @throws `invalid-argument` for a version beyond the stream's, or a state that is not JSON; `store-closed` or a storage code
   * such as `storage-full`.
   * @example
   * ```ts
   * const { version } = await account.append({ type: "deposited", data: { amount: 100 } });
   * await account.saveSnapshot({ projection: "balance", version, state: 100 });
   * const snapshot = await account.loadSnapshot<number>("balance");
   * console.log(snapshot?.state); // → 100
   * ```
   */
  saveSnapshot<State>(snapshot: NewSnapshot<State>): Promise<void>;
  /**
   * Resolves with the newest snapshot of a projection or a decider, of the definition's present schema, or undefined if there is none.
   *
   * @throws `invalid-argument`, `store-closed`, `storage-corrupt` or another storage code.
   * @example
   * ```ts
   * const { version } = await account.append({ type: "deposited", data: { amount: 100 } });
   * await account.saveSnapshot({ projection: balance, version, state: 100 });
   * console.log((await account.loadSnapshot(balance))?.state); // → 100
   * ```
   */
  loadSnapshot<State>(
    definition: Snapshotted<State, E>,
    options?: Omit<LoadSnapshotOptions, "schema">,
  ): Promise<Snapshot<State> | undefined>;
  /**
   * Resolves with the newest snapshot that was saved under a name, or undefined if there is none. Snapshots of a decider are stored
   * under `decider/` and its name. `State` is not checked: it is the type of the state that was saved.
   *
   * @throws `invalid-argument`, `store-closed`, `storage-corrupt` or another storage code.
   * @example
   * ```ts
   * const snapshot = await account.loadSnapshot<number>("balance");
   * const events = account.read({ after: snapshot?.version ?? 0 });
   * console.log(snapshot?.state ?? 0, (await events.toArray()).length); // → 0 0
   * ```
   */
  loadSnapshot<State = unknown>(name: string, options?: LoadSnapshotOptions): Promise<Snapshot<State> | undefined>;
  /**
   * Folds the stream into a state. Starts from the newest snapshot if the projection has a snapshot policy.
   *
   * @throws `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`, `store-closed` or a storage code such as
   * `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const { state, version } = await account.load(balance);
   * console.log(state, version); // → 100 1
   * ```
   */
  load<State, Handled extends E>(projection: Projection<State, Handled>, options?: LoadOptions): Promise<Loaded<State>>;
  /**
   * Executes a command: folds the stream into a state, calls the decider's `decide`, and appends the events that it returns. If
   * another append came first, `decide` is called again with the new state.
   *
   * @throws the error that `decide` throws; `version-conflict` once all retries are used up; like `load` and `append`:
   * `projection-failed`, `unknown-event`, `upcast-failed`, `event-id-conflict`, `invalid-event`, `invalid-argument`,
   * `store-closed`, `outcome-unknown` or a storage code such as `storage-full`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const { state } = await account.execute(withdrawal, { withdraw: 30 });
   * console.log(state); // → 70
   * await account.execute(withdrawal, { withdraw: 80 }).catch((error: Error) => console.log(error.message));
   * // → insufficient funds
   * ```
   */
  execute<State, Command, Handled extends E>(
    decider: Decider<State, Command, Handled>,
    command: NoInfer<Command>,
    options?: ExecuteOptions,
  ): Promise<Executed<State, Handled>>;
}

const STREAM_OPTIONS = ["expectedVersion", ...APPEND_OPTIONS];

/** Makes a stream handle. @throws `invalid-argument` for an invalid name. */
export function createEventStream<E extends Event>(context: StoreContext, name: string): EventStream<E> {
  checkName(name, "stream");
  return {
    name,
    append(events, options = {}) {
      // Invalid options are reported later, by `append`, which rejects.
      const expectedVersion = (options as AppendOptions | null)?.expectedVersion;
      return append(context, [{ stream: name, events, expectedVersion }], options, STREAM_OPTIONS, true);
    },
    read: (options = {}) => read(context, name, options),
    watch: (options = {}) => watch(context, name, options),
    async version() {
      context.ensureOpen();
      return context.storage.version(name);
    },
    saveSnapshot: (snapshot) => saveSnapshot(context, name, snapshot),
    loadSnapshot: (projection: string | Snapshotted<unknown>, options?: LoadSnapshotOptions) =>
      loadSnapshot(context, name, projection, options) as Promise<never>,
    load: async (projection, options = {}) =>
      verbOf(projection, "load", "projection", "defineProjection")(context, name, options),
    execute: async (decider, command, options = {}) =>
      verbOf(decider, "execute", "decider", "defineDecider")(context, name, command, options),
  };
}
