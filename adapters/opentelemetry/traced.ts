import { SpanKind, type Attributes } from "@opentelemetry/api";
import type {
  AppendAllOptions,
  Event,
  EventStore,
  EventStream,
  ReadModel,
  StreamAppend,
  WatchOptions,
} from "../../src/index.ts";
import { checkVerb } from "../../src/adapter.ts";
import type { Replica, ReplicaStream } from "../../src/sync/index.ts";
import { observeReplica, observeStore } from "./observe.ts";
import { DATABASE_SECONDS, isObject, telemetryOf, type TelemetryOptions } from "./telemetry.ts";
import { countOf, eventsWithTrace, withTrace } from "./trace-parent.ts";
import { tracedReader } from "./traced-reader.ts";
import { watchesOf } from "./traced-watcher.ts";

type AnyStream = EventStream & ReplicaStream;

/**
 * Returns a store or a replica that does the same, with a span around each append, read, load, command and query, one for each event that
 * a watch delivers after its history, and measurements. The span of an append is kept in the metadata of its events, as `traceparent`, so that what handles them later can be linked to it, in whatever
 * tab, process or device. Streams that are taken from it are traced, too.
 *
 * @throws `invalid-argument` for wrong arguments.
 * @example
 * ```ts
 * const traceable = traced(store);
 * const { events } = await traceable.stream("account-1").append({ type: "deposited", data: { amount: 100 } });
 * console.log(events.map(({ metadata }) => metadata)); // → [ {} ]
 * ```
 */
export function traced<Store extends EventStore | Replica>(store: Store, options: TelemetryOptions = {}): Store {
  checkVerb(store, "stream", "store", "a store or a replica");
  const telemetry = telemetryOf(options);
  const { inSpan, meter } = telemetry;
  const seconds = meter.createHistogram("db.client.operation.duration", {
    unit: "s",
    description: "Duration of database client operations.",
    advice: { explicitBucketBoundaries: DATABASE_SECONDS },
  });
  const appended = meter.createCounter("rivulet.events.appended", { unit: "{event}", description: "Events appended." });
  const watched = watchesOf(telemetry);
  const { watchStream, ...observed } =
    "flush" in store
      ? { ...observeReplica(store, meter), watchStream: undefined }
      : observeStore(store, telemetry, tracedModel);
  // What only one of them has is called only on that one.
  const original = store as EventStore;

  /** The parts of a span, which also gives the attributes of its measurement. */
  const call = (operation: string, stream?: string) => {
    const common: Attributes = { "db.system.name": "rivulet", "db.operation.name": operation };
    return {
      kind: SpanKind.CLIENT,
      attributes: { ...common, ...(stream !== undefined && { "rivulet.stream": stream }) },
      measured: (took: number, failure: Attributes) => seconds.record(took, { ...common, ...failure }),
    };
  };

  const batch = (count: number): Attributes => (count > 1 ? { "db.operation.batch.size": count } : {});

  function tracedStream<E extends Event>(stream: EventStream<E> & ReplicaStream<E>): EventStream<E> & ReplicaStream<E> {
    const parts = (operation: string) => call(operation, stream.name);
    return override(stream, {
      append: (events: never, given: never) =>
        inSpan("append", parts("append"), async (span) => {
          span.setAttributes(batch(countOf(events)));
          const result = await stream.append(eventsWithTrace<E>(events, span), given);
          appended.add(result.events.length);
          return result;
        }),
      execute: (decider: never, command: never, given: { readonly metadata?: never } = {}) =>
        inSpan("execute", parts("execute"), async (span) => {
          const own = isObject(given) ? { ...given, metadata: withTrace(given.metadata, span) } : given;
          const result = await stream.execute(decider, command, own);
          span.setAttribute("db.operation.batch.size", result.events.length);
          appended.add(result.events.length);
          return result;
        }),
      load: (projection: never, given: never) => inSpan("load", parts("load"), () => stream.load(projection, given)),
      read: (given: never) => tracedReader(stream.read(given), (work) => inSpan("read", parts("read"), work)),
      watch: (given: WatchOptions = {}) => watchStream?.(stream, given) ?? watched((own) => stream.watch(own), given),
    });
  }

  function tracedModel(model: ReadModel): ReadModel {
    const parts = call("query");
    const attributes = { ...parts.attributes, "rivulet.read_model": model.name };
    return override(model, {
      query: (statement: never, given: never) =>
        inSpan("query", { ...parts, attributes }, async (span) => {
          const rows = await model.query(statement, given);
          span.setAttribute("db.response.returned_rows", rows.length);
          return rows;
        }),
    });
  }

  return override(store, {
    stream: (name: string) => tracedStream(original.stream(name) as unknown as AnyStream),
    append: (entries: readonly StreamAppend[], given?: AppendAllOptions) =>
      inSpan("append", call("append"), async (span) => {
        const withSpan = (entry: StreamAppend): StreamAppend =>
          isObject(entry) ? { ...entry, events: eventsWithTrace(entry.events, span) } : entry;
        const all = Array.isArray(entries) ? entries : [];
        const count = all.reduce((sum: number, entry) => sum + countOf(Object(entry).events), 0);
        span.setAttributes(batch(count));
        const result = await original.append(Array.isArray(entries) ? all.map(withSpan) : entries, given);
        appended.add(count);
        return result;
      }),
    load: (projection: never, given: never) => inSpan("load", call("load"), () => original.load(projection, given)),
    read: (given: never) => tracedReader(original.read(given), (work) => inSpan("read", call("read"), work)),
    ...observed,
    [Symbol.asyncDispose]: observed.close,
  });
}

/** A copy with other methods, in which getters stay getters. Methods that the original lacks are left out. */
function override<T extends object>(original: T, methods: object): T {
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(original)) as T;
  for (const name of Reflect.ownKeys(methods)) {
    const { value } = Object.getOwnPropertyDescriptor(methods, name) as PropertyDescriptor;
    if (name in original) Object.defineProperty(copy, name, { value: value as unknown, enumerable: true });
  }
  return copy;
}
