import type { Adapter } from "../storage/adapter.ts";
import { append, type AppendAllOptions, type AppendResult, type StreamAppend } from "../append/append.ts";
import { createAppendQueue } from "../append/append-queue.ts";
import type { Consumer, ConsumeOptions, ConsumerDefinition } from "../consumers/consumer.ts";
import { type ImportResult, describe, invalidArgument, storeClosed } from "../errors.ts";
import type { Event } from "../event.ts";
import type { EventDefinitions, EventFormat, UnknownEvents } from "../events/event-format.ts";
import type { TextFormat, ImportOptions, ImportSource } from "../ndjson/text-format.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";
import { createUuidv7 } from "../events/ids.ts";
import { checkOptions } from "../validate.ts";
import { createNotifier } from "../subscriptions/notifier.ts";
import type { ReadModel, ReadModelDefinition, ReadModelOptions } from "../read-models/read-model.ts";
import { createReaders, type Readers } from "./read-verbs.ts";
import { listStreams, type StreamList, type StreamsOptions } from "./list-streams.ts";
import { createPastView, type PastView } from "./past-view.ts";
import { asyncDispose, microtask } from "../platform.ts";
import type { LiveProjection, Projection, ProjectOptions } from "../projections/projection.ts";
import type { EventStorage, StorageInfo } from "../storage/protocol.ts";
import { watch, type EventWatcher, type WatchAllOptions } from "../subscriptions/watch.ts";

export interface OpenOptions<Known extends Event = Event> {
  /** Milliseconds since the epoch; default `Date.now`. Fractions are cut off. */
  readonly clock?: (() => number) | undefined;
  /**
   * A new event id, unique for ever, in whatever process it is made; default a UUIDv7. Ids that are stored already are made
   * anew, up to ten times; then the append rejects with `event-id-conflict`.
   */
  readonly newId?: (() => string) | undefined;
  /**
   * The events that the code knows, from `defineEvents` of `rivulet/events`: what is appended is checked against them, and
   * what was stored in an older version comes out in the one they define. Whatever gives events out may then fail with
   * `unknown-event` or `upcast-failed`, after all that came before. Default: any event, as it is.
   */
  readonly events?: EventDefinitions<Known> | undefined;
  /** What becomes of events that `events` does not define; default "refuse". */
  readonly unknownEvents?: UnknownEvents | undefined;
}

/**
 * An event store. What returns a promise rejects, and what returns anything else throws: `store-closed` once it is closed. `Known` is what its events are taken for
 * where a call says nothing else: those of the definitions that it was opened with.
 */
export interface EventStore<Known extends Event = Event> extends Readers<Known>, AsyncDisposable {
  /** A handle on one stream, typed by its events. Throws `invalid-argument` for a name that cannot be. */
  stream<E extends Event = Known>(name: string): EventStream<E>;
  /**
   * Appends to several streams, all or nothing, in the order of the entries; later ones see earlier ones. Resolves
   * with one result an entry when all are on disk. Rejects like a stream's append.
   */
  append<E extends Event = Known>(
    entries: NoInfer<readonly StreamAppend<E>[]>,
    options?: AppendAllOptions,
  ): Promise<AppendResult<E>[]>;
  /** Everything, or what a filter lets through: history, then live. Throws `invalid-argument`. */
  watch<E extends Event = Known>(options?: WatchAllOptions): EventWatcher<E>;
  /** A state that follows one stream, or what a filter lets through, or everything. Throws `invalid-argument`. */
  project<State>(projection: Projection<State>, options?: ProjectOptions): LiveProjection<State>;
  /**
   * Tables in the same file, made from the events: opened, and fed from here on. Rejects with `invalid-argument`, with
   * `storage-unavailable` where the store has no SQL, and with the other storage codes.
   */
  readModel(definition: ReadModelDefinition, options?: ReadModelOptions): Promise<ReadModel>;
  /**
   * Hands every event, or what a filter lets through, to a handler, at least once and in order, from a checkpoint on that is
   * kept. Throws `invalid-argument`, also where a consumer of this name runs in this store already.
   */
  consume(definition: ConsumerDefinition, options?: ConsumeOptions): Consumer;
  /**
   * The store as it was at a position, or at a time (a `Date`: with all that was recorded up to then). Throws `invalid-argument`.
   */
  at(place: number | Date): PastView<Known>;
  /**
   * Appends the events of an export, each once: what is stored under its id already is passed over, so that an import which was cut
   * off is simply made again. They keep their times as long as these do not run backwards; what was one append need not
   * stay one. Rejects with `import-failed` at a line that cannot be taken, after storing what comes before it and nothing else;
   * with `invalid-argument`, `store-closed`, one of the storage codes, or what the source rejects with.
   */
  importEvents(format: TextFormat, events: ImportSource, options?: ImportOptions): Promise<ImportResult>;
  /** The streams with their versions, in the order of their first events. Throws `invalid-argument`. */
  streams(options?: StreamsOptions): StreamList;
  /** The newest position; 0: the store is empty. */
  head(): Promise<number>;
  /** What keeps the events, and how well. */
  info(): Promise<StorageInfo>;
  /**
   * Takes nothing new in, writes what was accepted, ends watchers and reads with `store-closed`, waits for consumers' handlers
   * to settle, and lets go of the database.
   */
  close(): Promise<void>;
}

/**
 * Opens an event store: `await openEventStore(betterSqlite3({ path: "app.db" }))`. The store has the adapter's own verbs too.
 * Rejects with `storage-unavailable`, `storage-format`, `storage-corrupt`, `storage-busy` or `storage-full`.
 */
export async function openEventStore<Verbs extends object, Known extends Event = Event>(
  adapter: Adapter<Verbs>,
  options: OpenOptions<Known> = {},
): Promise<EventStore<Known> & Verbs> {
  if (typeof (adapter as Partial<Adapter> | undefined)?.open !== "function") {
    throw invalidArgument("adapter", "open a store with an adapter, such as memory()");
  }
  checkOptions(options, ["clock", "newId", "events", "unknownEvents"]);
  const clock = wholeMilliseconds(options.clock ?? (() => Date.now()));
  const newId = options.newId ?? createUuidv7(clock);
  const format = formatOf(options);
  const { storage, defer, verbs } = await adapter.open();
  const drawn = options.newId !== undefined;
  const store = composeStore<Known>(storage, defer, clock, { newId, drawn, format });
  return Object.assign(store, verbs);
}

function formatOf({ events, unknownEvents = "refuse" }: OpenOptions): EventFormat | undefined {
  if (unknownEvents !== "refuse" && unknownEvents !== "pass") {
    throw invalidArgument("unknownEvents", `unknownEvents must be "refuse" or "pass", not ${describe(unknownEvents)}`);
  }
  if (events === undefined) return undefined;
  if (typeof events?._rivulet?.format !== "function") {
    throw invalidArgument("events", "events must come from defineEvents of rivulet/events");
  }
  return events._rivulet.format(unknownEvents);
}

function composeStore<Known extends Event>(
  storage: EventStorage,
  defer: ((task: () => void) => void) | undefined,
  clock: () => number,
  maker: { readonly newId: () => string; readonly drawn: boolean; readonly format: EventFormat | undefined },
): EventStore<Known> {
  const closing = new Set<(error: Error) => unknown>();
  let closed: Promise<void> | undefined;

  const queue = createAppendQueue(storage, defer ?? microtask);
  const turn = defer === undefined ? undefined : (): Promise<void> => new Promise(defer);
  const source = {
    storage,
    queue,
    clock,
    ...maker,
    notifier: createNotifier({ storage, turn, format: maker.format }),
    turn,
    consuming: new Set<string>(),
    turns: new Map(),
    ensureOpen() {
      if (closed !== undefined) throw storeClosed();
    },
    onClose(end: (error: Error) => unknown) {
      closing.add(end);
      return () => closing.delete(end);
    },
  };

  async function close(): Promise<void> {
    await Promise.all([...closing].map((end) => end(storeClosed())));
    await queue.drained();
    await storage.close();
  }

  return {
    stream: (name) => {
      source.ensureOpen();
      return createEventStream(source, name);
    },
    async append<E extends Event>(entries: readonly StreamAppend<E>[], options: AppendAllOptions = {}) {
      source.ensureOpen();
      checkOptions(options, ["causedBy", "signal"]);
      if (!Array.isArray(entries) || entries.length === 0) {
        throw invalidArgument("entries", "there is nothing to append: give at least one { stream, events }");
      }
      const all = entries as readonly StreamAppend[];
      return append(
        source,
        all,
        options,
        (index) => `entries[${index}].`,
        (results) => results,
      );
    },
    ...createReaders(source),
    watch: (options = {}) => watch(source, undefined, options),
    project: (projection, options = {}) => projection._rivulet.project(source, options),
    readModel: (definition, options = {}) => definition._rivulet.open(source, options),
    consume: (definition, options = {}) => {
      if (typeof definition?._rivulet?.start !== "function") {
        throw invalidArgument("definition", "define a consumer with defineConsumer of rivulet/consumers");
      }
      return definition._rivulet.start(source, options);
    },
    at: (place) => createPastView(source, place),
    importEvents: (textFormat, events, options = {}) => textFormat._rivulet.importEvents(source, events, options),
    streams(options = {}) {
      source.ensureOpen();
      return listStreams(storage, options);
    },
    async head() {
      source.ensureOpen();
      return storage.head();
    },
    async info() {
      source.ensureOpen();
      return storage.info();
    },
    close: () => (closed ??= close()),
    [asyncDispose]: () => (closed ??= close()),
  };
}

function wholeMilliseconds(clock: () => number): () => number {
  return () => {
    const now = Math.floor(clock());
    if (Number.isSafeInteger(now) && now >= 0) return now;
    throw invalidArgument("clock", `the clock must tell milliseconds since the epoch, not ${now}`);
  };
}
