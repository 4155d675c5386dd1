/** Filter: all streams share one order of events, and a filter selects from it, in a read and in a watch. */
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

type ShopEvent =
  | Event<"ordered", { item: string }>
  | Event<"paid", { amount: number }>
  | Event<"registered", { newsletter: boolean }>;

await using store = await openEventStore(betterSqlite3());

// Several streams in one append: all events are stored, or none.
await store.append<ShopEvent>([
  { stream: "customer-ada", events: { type: "registered", data: { newsletter: true }, metadata: { via: "web" } } },
  { stream: "order-1", events: { type: "ordered", data: { item: "tea" }, metadata: { via: "web" } } },
  { stream: "order-2", events: { type: "ordered", data: { item: "cake" }, metadata: { via: "phone" } } },
  { stream: "order-1", events: { type: "paid", data: { amount: 4 } } },
]);

const everything = await store.read().toArray();
console.log(`everything: ${everything.map(({ position, stream }) => `${position} ${stream}`).join(", ")}`);

for await (const { stream, type } of store.read({ streamPrefix: "order-" })) console.log(`orders: ${stream} ${type}`);

for await (const { stream, type } of store.read({ metadata: { via: "web" } })) console.log(`web: ${stream} ${type}`);

const [payment] = await store.read<ShopEvent>({ types: ["paid"], direction: "backward", limit: 1 }).toArray();
console.log(`last payment: ${payment?.stream} at position ${payment?.position}`);

for await (const event of store.watch<ShopEvent>({ types: ["ordered"], after: payment?.position ?? 0, onCaughtUp })) {
  if (event.type !== "ordered") continue;
  console.log(`new order: ${event.data.item}`);
  break;
}

function onCaughtUp(): void {
  void store.append<ShopEvent>([
    { stream: "order-3", events: { type: "paid", data: { amount: 3 } } },
    { stream: "order-3", events: { type: "ordered", data: { item: "honey" } } },
  ]);
}
