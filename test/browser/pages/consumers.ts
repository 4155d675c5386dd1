/** One tab of an application whose tabs all run the same consumer. */
import {
  isEventStoreError,
  openEventStore,
  type Consumer,
  type ConsumerStatus,
  type Event,
  type EventStore,
} from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { sqliteWasm, type SqliteWasmVerbs } from "rivulet/sqlite-wasm";

type Counted = Event<"counted", number>;

let store: EventStore & SqliteWasmVerbs;
let consumer: Consumer;
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
