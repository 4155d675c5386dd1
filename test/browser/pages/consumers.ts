/** One tab of an application whose tabs all run the same consumer. */
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import {
  isEventStoreError,
  openEventStore,
  type Consumer,
  type ConsumerStatus,
  type Event,
  type EventStore,
} from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { traced, tracedConsumer } from "rivulet/opentelemetry";
import { sqliteWasm, type SqliteWasmVerbs } from "rivulet/sqlite-wasm";

/** A span by its ids, with the ids of those that it is linked to. */
export interface Spanned {
  readonly name: string;
  readonly id: string;
  readonly links: readonly string[];
}

type Counted = Event<"counted", number>;

let store: EventStore & SqliteWasmVerbs;
let consumer: Consumer;
const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("test");
let letGo = (): void => undefined;

const consuming = {
  /**
   * Opens the store and starts the consumer, which posts each event with its tab and token. At the event `holdAt` the
   * handler waits for `letGo`.
   */
  async open(name: string, tab: string, holdAt = 0): Promise<void> {
    store = await openEventStore(sqliteWasm({ name }));
    consumer = store.consume(
      defineConsumer<Counted>({
        name: "shared",
        types: ["counted"],
        batchSize: 5,
        async handler({ position }, { token }) {
          await fetch("/handled", { method: "POST", body: JSON.stringify({ store: name, tab, position, token }) });
          if (position === holdAt) await new Promise<void>((resolve) => (letGo = resolve));
        },
      }),
    );
  },
  /** Opens a store with a consumer whose handler appends, all of it traced. */
  async openTraced(name: string): Promise<void> {
    store = traced(await openEventStore(sqliteWasm({ name })), { tracer });
    const parts = tracedConsumer<Counted>(
      {
        name: "traced",
        types: ["counted"],
        handler: ({ id }, { append }) => append([{ stream: "notes", events: { type: "noted", id: `note-${id}` } }]),
      },
      { tracer },
    );
    consumer = store.consume(defineConsumer(parts));
  },
  /** The spans that have ended in this tab. */
  spans: (): readonly Spanned[] =>
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      id: span.spanContext().spanId,
      links: span.links.map(({ context }) => context.spanId),
    })),
  /** The spans that the metadata of events name. */
  async parents(): Promise<readonly unknown[]> {
    return (await store.read().toArray()).map(({ metadata }) => String(metadata["traceparent"]).split("-")[2]);
  },
  async append(count: number): Promise<void> {
    for (let data = 0; data < count; data++) await store.stream("s").append({ type: "counted", data });
  },
  status: (): ConsumerStatus => consumer.status,
  lag: (): Promise<number> => consumer.lag(),
  caughtUp: (): Promise<number> => consumer.caughtUp(),
  letGo: () => letGo(),
  error: () => (isEventStoreError(consumer.error) ? consumer.error.code : undefined),
  closeConsumer: () => consumer.close(),
  close: () => store.close(),
  destroy: () => store.destroy(),
  /** The names of the locks that consumers of a store hold, or wait for. */
  async locks(name: string): Promise<readonly string[]> {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [...held, ...pending]
      .map((lock) => lock.name ?? "")
      .filter((lock) => lock.includes(name) && lock.includes("consumer"));
  },
};

declare global {
  interface Window {
    readonly consuming: typeof consuming;
  }
}

Object.assign(globalThis, { consuming });
