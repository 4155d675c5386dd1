/** A tab that records flights and keeps a read model of them, as every other tab of its application does. */
import { openEventStore, type EventStore, type ReadModel } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { flightModel, type Distance } from "../../support/flight-model.ts";
import type { Flight } from "../../support/flights.ts";

const BATCH = 200;

let store: EventStore;
let model: ReadModel;
const { definition, everything } = flightModel(1);

const flights = {
  async open(name: string): Promise<void> {
    store = await openEventStore(sqliteWasm({ name }));
    model = await store.readModel(definition);
  },
  /** Appends the flights from one index to another. Flights that are already stored are skipped. */
  async record(from: number, to: number): Promise<void> {
    const all = (await (await fetch("/flights.json")).json()) as Flight[];
    for (let start = from; start < to; start += BATCH) {
      const entries = all.slice(start, Math.min(to, start + BATCH)).map((data, index) => ({
        stream: `flights-${(start + index) % 100}`,
        events: { type: "flew", id: `flight-${start + index}`, data },
      }));
      await store.append(entries);
    }
  },
  position: () => model.position,
  role: async () => (await store.info()).role,
  /** All rows of the model once it has reached the store's head, with the head's position. */
  async everything(): Promise<{ head: number; distances: readonly Distance[] }> {
    const head = await store.head();
    await model.caughtUp(head);
    return { head, distances: await model.query<Distance>(everything) };
  },
};

declare global {
  interface Window {
    readonly flights: typeof flights;
  }
}

Object.assign(globalThis, { flights });
