import { append, type AppendOptions, type AppendResult } from "../append/append.ts";
import type { CommandSource, Decider, Executed, ExecuteOptions } from "../deciders/decider.ts";
import type { Event, NewEvent } from "../event.ts";
import { checkName } from "../validate.ts";
import type { Loaded, LoadOptions, Projection } from "../projections/projection.ts";
import { read, type EventReader, type ReadOptions } from "../read/read.ts";
import {
  loadSnapshot,
  saveSnapshot,
  type LoadSnapshotOptions,
  type NewSnapshot,
  type Snapshot,
} from "../projections/snapshot.ts";
import { watch, type EventWatcher, type WatchOptions } from "../subscriptions/watch.ts";

/** One stream of a store. A handle only: making one touches nothing, and the stream exists from its first event on. */
export interface EventStream<E extends Event = Event> {
  readonly name: string;
  /**
   * Appends one event or several, all or nothing; resolves when they are on disk.
   * Rejects with `version-conflict`, `event-id-conflict`, `invalid-event`, `invalid-argument`, `store-closed`, or one of the storage codes.
   * A schema that answers later is an `invalid-argument`.
   */
  append(events: NewEvent<E> | readonly NewEvent<E>[], options?: AppendOptions): Promise<AppendResult<E>>;
  /** Reads events; `after` and `upTo` are versions. A stream that does not exist has none. Throws `invalid-argument`. */
  read(options?: ReadOptions): EventReader<E>;
  /** History, then live; `after` is a version. Throws `invalid-argument`. */
  watch(options?: WatchOptions): EventWatcher<E>;
  /** How many events it has; 0: no such stream. */
  version(): Promise<number>;
  /** Keeps a state beside the stream; its version does not move. Rejects with `invalid-argument` beyond the stream's head. */
  saveSnapshot<State>(snapshot: NewSnapshot<State>): Promise<void>;
  /** The newest snapshot of a projection. The state is what was saved: give its type. Rejects with `storage-corrupt`. */
  loadSnapshot<State = unknown>(
    projection: string,
    options?: LoadSnapshotOptions,
  ): Promise<Snapshot<State> | undefined>;
  /**
   * Folds it into a state, through snapshots where the projection's policy keeps any. Rejects with `projection-failed`,
   * `invalid-argument`, or one of the storage codes.
   */
  load<State, Handled extends E>(projection: Projection<State, Handled>, options?: LoadOptions): Promise<Loaded<State>>;
  /**
   * Carries a command out: folds the stream, lets the decider decide, and appends what it decided, if nobody was faster; if
   * somebody was, decides again. Rejects with what the decider throws, like `load` and `append`, and with
   * `version-conflict` when all retries were in vain.
   */
  execute<State, Command, Handled extends E>(
    decider: Decider<State, Command, Handled>,
    command: NoInfer<Command>,
    options?: ExecuteOptions,
  ): Promise<Executed<State, Handled>>;
}

/** What a stream handle needs of its store. */
export interface StreamSource extends CommandSource {}

/** Throws `invalid-argument` for a name that cannot be. */
export function createEventStream<E extends Event>(source: StreamSource, name: string): EventStream<E> {
  checkName(name, "stream", "stream name");
  const { storage } = source;
  return {
    name,
    append(events, options = {}) {
      const { signal, causedBy, ...expected } = options;
      const entry = { ...expected, stream: name, events: events as NewEvent | readonly NewEvent[] };
      return append(
        source,
        [entry],
        { signal, causedBy },
        () => "",
        ([result]) => result as AppendResult<E>,
      );
    },
    read: (options = {}) => read(source, name, options),
    watch: (options = {}) => watch(source, name, options),
    async version() {
      source.ensureOpen();
      return storage.version(name);
    },
    async saveSnapshot(snapshot) {
      source.ensureOpen();
      await saveSnapshot(storage, name, snapshot, source.clock());
    },
    async loadSnapshot<State>(projection: string, options: LoadSnapshotOptions = {}) {
      source.ensureOpen();
      return (await loadSnapshot(storage, name, projection, options)) as Snapshot<State> | undefined;
    },
    load: (projection, options = {}) => projection._rivulet.load(source, name, options),
    execute: (decider, command, options = {}) => decider._rivulet.execute(source, name, command, options),
  };
}
