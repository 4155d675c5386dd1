import type { Adapter } from "../storage/adapter.ts";
import { append, APPEND_OPTIONS, type AppendAllOptions, type StreamAppend } from "../append/append.ts";
import { createAppendQueue } from "../append/append-queue.ts";
import { mustBe, storeClosed } from "../errors.ts";
import type { Event } from "../event.ts";
import type { EventDefinitions, EventFormat, UnknownEvents } from "../events/event-format.ts";
import type { EventStore } from "./event-store.ts";
import { createEventStream } from "./event-stream.ts";
import { createUuidv7 } from "../events/ids.ts";
import { LATEST_TIME, checkChoice, checkOptions, checkVerb, verbOf } from "../validate.ts";
import { createNotifier } from "../subscriptions/notifier.ts";
import { createReaders } from "./read-verbs.ts";
import { listStreams } from "./list-streams.ts";
import { createPastView } from "./past-view.ts";
import { asyncDispose, microtask } from "../platform.ts";
import type { EventStorage } from "../storage/protocol.ts";
import { watch } from "../subscriptions/watch.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** How to open a store: where its ids and times come from, and which events it knows. */
export interface OpenOptions<Known extends Event = Event> {
  /** Returns the time in milliseconds since the epoch; fractions are cut off. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /**
   * Makes the id of a new event, unique across all processes and for ever. Default: a UUIDv7. If an id is stored already, another
   * one is made, up to ten times; after that the append rejects with `event-id-conflict`.
   */
  readonly newId?: (() => string) | undefined;
  /**
   * The application's events, from `defineEvents` of `rivulet/events`: appended events are checked against them, and events
   * stored in an older version are upcast when they are read. Calls that return events may then fail with `unknown-event` or
   * `upcast-failed`, after all events before that one. Default: any event is accepted and returned as it is.
   */
  readonly events?: EventDefinitions<Known> | undefined;
  /** What to do with events that `events` does not define; default "refuse". */
  readonly unknownEvents?: UnknownEvents | undefined;
}

/**
 * Opens an event store. The returned store also has the adapter's own verbs, such as `exportDatabase` in a browser.
 *
 * @throws `invalid-argument`, `storage-unavailable`, `storage-format`, `storage-corrupt`, `storage-busy` or `storage-full`.
 * @example
 * ```ts
 * import { openEventStore } from "rivulet";
 * import { betterSqlite3 } from "rivulet/better-sqlite3";
 *
 * const store = await openEventStore(betterSqlite3({ path: "bank.db" }));
 * await store.close();
 * ```
 */
export async function openEventStore<Verbs, Known extends Event = Event>(
  adapter: Adapter<Verbs>,
  options: OpenOptions<Known> = {},
): Promise<EventStore<Known> & Verbs> {
  checkVerb(adapter, "open", "adapter", "an adapter: betterSqlite3({ path })");
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
  checkChoice(unknownEvents, "unknownEvents", "refuse", "pass");
  if (events === undefined) return undefined;
  return verbOf(events, "format", "events", "defineEvents")(unknownEvents);
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
  const pause = defer && ((): Promise<void> => new Promise(defer));
  const pages = { storage, pause, ...maker };
  const context: StoreContext = {
    ...pages,
    queue,
    clock,
    notifier: createNotifier(pages),
    consuming: new Set<string>(),
    locks: new Map(),
    ensureOpen() {
      if (closed !== undefined) throw storeClosed();
    },
    onClose(end: (error: Error) => unknown) {
      closing.add(end);
      return () => closing.delete(end);
    },
  };

  const close = (): Promise<void> =>
    (closed ??= Promise.all([...closing].map((end) => end(storeClosed())))
      .then(queue.drained)
      .then(() => storage.close()));

  return {
    stream: (name) => {
      context.ensureOpen();
      return createEventStream(context, name);
    },
    async append<E extends Event>(entries: readonly StreamAppend<E>[], options: AppendAllOptions = {}) {
      if (!Array.isArray(entries) || entries.length === 0) {
        throw mustBe("entries", "a list of { stream, events }");
      }
      return append(context, entries as readonly StreamAppend[], options, APPEND_OPTIONS);
    },
    ...createReaders(context),
    watch: (options = {}) => watch(context, undefined, options),
    project: (projection, options = {}) =>
      verbOf(projection, "project", "projection", "defineProjection")(context, options),
    readModel: async (definition, options = {}) =>
      verbOf(definition, "open", "definition", "defineReadModel")(context, options),
    consume: (definition, options = {}) =>
      verbOf(definition, "start", "definition", "defineConsumer")(context, options),
    at: (place) => createPastView(context, place),
    importEvents: async (format, events, options = {}) =>
      verbOf(format, "importEvents", "format", "rivulet/ndjson")(context, events, options),
    streams(options = {}) {
      context.ensureOpen();
      return listStreams(storage, options);
    },
    async head() {
      context.ensureOpen();
      return storage.head();
    },
    async info() {
      context.ensureOpen();
      return storage.info();
    },
    close,
    [asyncDispose]: close,
  };
}

function wholeMilliseconds(clock: () => number): () => number {
  return () => {
    const now = Math.floor(clock());
    if (now >= 0 && now <= LATEST_TIME) return now;
    throw mustBe("clock", "a function that returns milliseconds since the epoch");
  };
}
