/**
 * An application that uses the packed package. It is copied into its own folder, compiled there with strict settings
 * and without other types, and run. It fails if anything is wrong.
 */
import { isEventStoreError, matches, memory, openEventStore, type Event, type StoredEvent } from "rivulet";
import type { EventStorage, SqliteDriver } from "rivulet/adapter";
import { openSqliteStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";

interface Placed {
  readonly customer: string;
  readonly total: number;
}

type OrderEvent =
  | Event<"placed", Placed>
  | Event<"paid", { readonly by: "card" | "cash" }>
  | Event<"shipped", undefined>;

export async function run(path: string): Promise<number> {
  const store = await openEventStore(betterSqlite3({ path }), { clock: () => 1000 });
  const order = store.stream<OrderEvent>("order-1");
  const { version, events } = await order.append([
    { type: "placed", data: { customer: "Ada", total: 12 } },
    { type: "paid", data: { by: "card" } },
    { type: "shipped" },
  ]);
  check(version === 3 && events.length === 3, "three events were appended");
  check((await totalOf(order.read())) === 12, "the total was read back");
  check(matches({ types: ["paid"] }, events[1] as StoredEvent), "the second is a payment");

  try {
    await order.append({ type: "shipped" }, { expectedVersion: 2 });
    check(false, "a stale version is refused");
  } catch (error) {
    check(isEventStoreError(error, "version-conflict") && error.details.actual === 3, "the conflict tells the version");
  }
  await store.close();

  const other = await openEventStore(memory());
  check((await other.head()) === 0, "a store in memory is empty");
  await other[Symbol.asyncDispose]();
  return version;
}

async function totalOf(events: AsyncIterable<StoredEvent<OrderEvent>>): Promise<number> {
  let total = 0;
  for await (const event of events) if (event.type === "placed") total += event.data.total;
  return total;
}

/** The exports for writing an adapter. */
export const openWith: (driver: SqliteDriver) => Promise<EventStorage> = (driver) =>
  openSqliteStorage(driver, { info: { adapter: "own", backend: "file", persisted: true, durability: "full" } });

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it should be so: ${what}`);
}
