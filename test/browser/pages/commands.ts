/** One tab of an application whose tabs sell from the same stock. */
import { openEventStore, type Event, type EventStore } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { sqliteWasm } from "rivulet/sqlite-wasm";

type Sold = Event<"sold", { by: string; command: number; nth: number }>;

const stock = defineDecider<number, { by: string; command: number }, Sold>({
  name: "stock",
  initial: () => 0,
  evolve: { sold: (sold) => sold + 1 },
  decide: ({ by, command }, sold) => ({ type: "sold", data: { by, command, nth: sold + 1 } }),
  snapshots: { every: 20 },
});

let store: EventStore;

const clerk = {
  async open(name: string): Promise<void> {
    store = await openEventStore(sqliteWasm({ name }));
    await store.head();
  },
  /**
   * Executes this many commands, two at a time, with keys if other tabs execute the same ones. Resolves with each
   * command's version.
   */
  async sell(by: string, count: number, keyed: boolean): Promise<readonly number[]> {
    const stream = store.stream<Sold>("stock");
    const versions: number[] = [];
    const sellNext = async (from: number): Promise<void> => {
      for (let command = from; command < count; command += 2) {
        const key = keyed ? { idempotencyKey: `command ${command}` } : {};
        versions[command] = (await stream.execute(stock, { by, command }, key)).version;
      }
    };
    await Promise.all([sellNext(0), sellNext(1)]);
    return versions;
  },
  version: () => store.stream("stock").version(),
  sold: async (): Promise<readonly Sold["data"][]> =>
    (await store.stream<Sold>("stock").read().toArray()).map(({ data }) => data),
};

declare global {
  interface Window {
    readonly clerk: typeof clerk;
  }
}

Object.assign(globalThis, { clerk });
