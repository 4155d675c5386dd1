/** An application with everything that the inspector shows: flights, counters, a read model, consumers, a replica. */
import { openEventStore, type Consumer, type Event, type EventStore, type Projection, type ReadModel } from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import type { RivuletInspector } from "rivulet/inspector";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { follow, type Replica } from "rivulet/sync";
import { createTestHub } from "rivulet/testing";
import type { RoutedFlight } from "../../support/flights.ts";

type Flew = Event<"flew", RoutedFlight>;
type Cart = Event<"added", { item: string; pieces: number }>;

interface Opened {
  readonly store: EventStore;
  readonly models: readonly ReadModel[];
  readonly consumers: readonly Consumer[];
  readonly projections: readonly Projection<unknown>[];
  replica?: Replica;
}

declare global {
  interface Window {
    inspected: typeof inspected;
  }
}

const airports = table(
  "airports",
  "airport TEXT PRIMARY KEY, departures INTEGER NOT NULL, delay INTEGER NOT NULL, worst INTEGER NOT NULL",
  { indexes: ["delay DESC"] },
);
const departures = defineReadModel<Flew>({
  name: "departures",
  tables: [airports],
  onError: "park",
  on: {
    flew({ data: { origin, delay } }) {
      if (delay > 300) throw new Error(`a delay of ${delay} minutes is not believed`);
      return sql`INSERT INTO ${airports} VALUES (${origin}, 1, ${delay}, ${delay}) ON CONFLICT (airport) DO UPDATE SET
        departures = departures + 1, delay = ${airports}.delay + excluded.delay, worst = max(worst, excluded.worst)`;
    },
  },
});
const delays = defineProjection<Readonly<Record<string, { flights: number; delay: number }>>, Flew>({
  name: "delays",
  initial: () => ({}),
  on: {
    flew(all, { data: { origin, delay } }) {
      const { flights, delay: sum } = all[origin] ?? { flights: 0, delay: 0 };
      return { ...all, [origin]: { flights: flights + 1, delay: sum + delay } };
    },
  },
  snapshots: { every: 500, keep: 5 },
});
const cart = defineProjection<readonly { item: string; pieces: number }[], Cart>({
  name: "cart",
  initial: () => [],
  on: { added: (items, { data }) => [...items, data] },
});
const buy = defineDecider<number, { buy: number }, Event<"bought", { pieces: number }>>({
  initial: () => 0,
  evolve: (sum, { data }) => sum + data.pieces,
  decide({ buy: pieces }, sum) {
    if (sum + pieces > 10) throw new Error(`only ${10 - sum} left`);
    return { type: "bought", data: { pieces } };
  },
});
/** Version 2 of "added" has a number of pieces. */
const events = defineEvents({
  added: { version: 2, upcast: { 1: (data: unknown) => ({ ...(data as object), pieces: 1 }) } },
} as never);

let opened: Opened | undefined;

const inspected = {
  /** Opens the database, and starts what runs over it. */
  async open(name?: string, options: { readonly upcasts?: boolean } = {}): Promise<void> {
    const adapter = name === undefined ? sqliteWasm() : sqliteWasm({ name });
    const store = await openEventStore(adapter, options.upcasts === true ? { events, unknownEvents: "pass" } : {});
    const model = await store.readModel(departures);
    const letters = store.consume(
      defineConsumer<Flew>({
        name: "letters",
        types: ["flew"],
        retry: { attempts: 2, delay: 1 },
        onError: "park",
        handler({ data }) {
          if (data.delay > 280) throw new Error("the passenger has no address");
        },
      }),
    );
    const stuck = store.consume(
      defineConsumer<Cart>({
        name: "warehouse",
        types: ["added"],
        retry: { attempts: 1_000, delay: 60_000 },
        handler() {
          throw new Error("the warehouse does not answer");
        },
      }),
    );
    opened = { store, models: [model], consumers: [letters, stuck], projections: [delays, cart] };
  },

  /** Flights in streams by their origin. */
  async fly(flights: readonly RoutedFlight[]): Promise<void> {
    const { store, models, consumers } = get();
    for (let from = 0; from < flights.length; from += 500) {
      await store.append(
        flights
          .slice(from, from + 500)
          .map((data) => ({ stream: `airport-${data.origin}`, events: { type: "flew", data } })),
      );
    }
    await models[0]?.caughtUp();
    await consumers[0]?.caughtUp();
    await store.load(delays);
  },

  /** Events that cause one another. */
  async cause(): Promise<void> {
    const { store } = get();
    const [ordered] = (await store.stream("order-1").append({ type: "ordered", id: "order-1-placed" })).events;
    const [paid] = (await store.stream("payment-1").append({ type: "paid" }, { causedBy: ordered })).events;
    await store.stream("parcel-1").append({ type: "shipped", data: { parcels: 2 } }, { causedBy: paid });
    await store.stream("invoice-1").append({ type: "invoiced" }, { causedBy: ordered });
  },

  async append(stream: string, type: string, data: unknown): Promise<number> {
    const { position } = await get().store.stream(stream).append({ type, data });
    return position;
  },

  /** Follows a hub that refuses a command, and keeps another pending. */
  async replicate(): Promise<void> {
    const hub = await createTestHub({ deciders: { buy } });
    const replica = await follow(get().store, {
      url: hub.url,
      fetch: hub.fetch,
      streamPrefixes: ["shop-"],
      deciders: { buy },
    });
    const shop = replica.stream("shop-1");
    const { confirmed } = await shop.execute("buy", { buy: 4 });
    await confirmed;
    hub.offline();
    await hub.store.stream("shop-1").execute(buy, { buy: 5 });
    const refused = await shop.execute("buy", { buy: 3 });
    hub.online();
    replica.hurry();
    await refused.confirmed.catch(() => undefined);
    hub.offline();
    await shop.execute("buy", { buy: 1 });
    get().replica = replica;
  },

  /** Shows the inspector, which is loaded now. */
  async show(given: Partial<Record<"docked" | "readOnly" | "bare", boolean>> = {}): Promise<void> {
    await import("rivulet/inspector");
    const { store, models, consumers, projections, replica } = get();
    const element: RivuletInspector = document.createElement("rivulet-inspector");
    element.docked = given.docked ?? false;
    element.readOnly = given.readOnly ?? false;
    if (given.bare !== true) Object.assign(element, { readModels: models, consumers, projections, replica });
    element.store = store;
    document.querySelector("main")?.append(element);
  },

  async close(): Promise<void> {
    await get().store.close();
  },
};

window.inspected = inspected;

function get(): Opened {
  if (opened === undefined) throw new Error("nothing is open");
  return opened;
}
