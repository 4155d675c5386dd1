/** What the compiler must accept and refuse of the store and its errors. Compiled with the tests, never run. */
import {
  isEventStoreError,
  openEventStore,
  type Adapter,
  type Event,
  type EventStore,
  type Snapshot,
  type StoredEvent,
} from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineDecider } from "rivulet/deciders";
import { defineProjection } from "rivulet/projections";
import { expectTypeOf } from "vitest";

export async function verbs(adapter: Adapter<{ exportDatabase(): Promise<Uint8Array> }>): Promise<void> {
  const store = await openEventStore(adapter);
  const bytes = await store.exportDatabase();
  expectTypeOf(bytes).toEqualTypeOf<Uint8Array>();
  // It is a store all the same.
  const plain: EventStore = store;
  // @ts-expect-error A store does not say which verbs its adapter added, unless its type does.
  await plain.exportDatabase();
  // @ts-expect-error This adapter adds none.
  await (await openEventStore(betterSqlite3())).exportDatabase();
}

export async function options(store: EventStore): Promise<void> {
  betterSqlite3({ durability: "normal" });
  // @ts-expect-error A path that is not there would be a database in memory.
  betterSqlite3({ path: undefined });
  // @ts-expect-error Not a durability.
  betterSqlite3({ durability: "off" });
  // @ts-expect-error Not an option.
  betterSqlite3({ file: "app.db" });

  store.read({
    after: 3,
    upTo: 9,
    direction: "backward",
    limit: 2,
    asOf: new Date(),
    types: ["a"],
    metadata: { by: 1 },
  });
  // @ts-expect-error Only a watch can start at the head.
  store.read({ after: "head" });
  // @ts-expect-error A watch only goes forward.
  store.watch({ direction: "backward" });
  // @ts-expect-error One stream has no other streams to choose among.
  store.stream("one").read({ streams: ["two"] });
  store.watch({ signal: new AbortController().signal, onProgress: (position) => position.toFixed() });
}

export async function several(store: EventStore): Promise<void> {
  type Money = Event<"paid" | "received", { readonly amount: number }>;
  const [from] = await store.append<Money>([
    { stream: "a", events: { type: "paid", data: { amount: 1 } }, expectedVersion: 3 },
    { stream: "b", events: [{ type: "received", data: { amount: 1 } }] },
  ]);
  expectTypeOf(from?.events).toEqualTypeOf<readonly StoredEvent<Money>[] | undefined>();
  // @ts-expect-error An entry without its stream.
  await store.append([{ events: { type: "paid" } }]);
}

export async function snapshots(store: EventStore): Promise<void> {
  const stream = store.stream("counted");
  await stream.saveSnapshot({ projection: "total", version: 3, state: { total: 4 } });
  const found = await stream.loadSnapshot<{ total: number }>("total", { schema: 2 });
  expectTypeOf(found).toEqualTypeOf<Snapshot<{ total: number }> | undefined>();
  // @ts-expect-error There may be none.
  void found.state;
}

export async function snapshotsOfDefinitions(store: EventStore): Promise<void> {
  type Money = Event<"paid" | "received", { readonly amount: number }>;
  const stream = store.stream<Money>("counted");
  const sum = defineProjection<{ sum: number }, Money>({ name: "sum", initial: () => ({ sum: 0 }), on: {} });
  const paying = defineDecider<number, "pay", Money>({ initial: () => 0, evolve: {}, decide: () => undefined });
  expectTypeOf(await stream.loadSnapshot(sum)).toEqualTypeOf<Snapshot<{ sum: number }> | undefined>();
  expectTypeOf(await stream.loadSnapshot(paying, { upTo: 3 })).toEqualTypeOf<Snapshot<number> | undefined>();
  await stream.saveSnapshot({ projection: paying, version: 3, state: 4 });
  // @ts-expect-error A state of another type.
  await stream.saveSnapshot({ projection: sum, version: 3, state: 4 });
  // @ts-expect-error The definition gives the schema.
  await stream.loadSnapshot(sum, { schema: 2 });
  const other = store.stream<Event<"counted", number>>("other");
  // @ts-expect-error Of events that the stream does not have.
  await other.loadSnapshot(sum);
}

export function errors(error: unknown): void {
  if (isEventStoreError(error, "version-conflict")) {
    expectTypeOf(error.details.actual).toEqualTypeOf<number>();
    expectTypeOf(error.details.events).toEqualTypeOf<readonly StoredEvent[]>();
    // @ts-expect-error A detail of another code.
    void error.details.reason;
  }
  // @ts-expect-error Not a code.
  isEventStoreError(error, "version-mismatch");
  if (isEventStoreError(error)) error.code satisfies string;
}
