/** A projection: loaded through a snapshot, followed live, and seen as of an earlier position. */
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineProjection } from "rivulet/projections";
import { fork } from "rivulet/time-travel";

type BasketEvent =
  | Event<"added", { item: string; count: number }>
  | Event<"removed", { item: string }>
  | Event<"emptied", undefined>;

type Basket = Readonly<Record<string, number>>;

const basket = defineProjection<Basket, BasketEvent>({
  name: "basket",
  initial: () => ({}),
  on: {
    added: (items, { data: { item, count } }) => ({ ...items, [item]: (items[item] ?? 0) + count }),
    removed: (items, { data }) => Object.fromEntries(Object.entries(items).filter(([item]) => item !== data.item)),
    emptied: () => ({}),
  },
  snapshots: { every: 100 },
});

await using store = await openEventStore(betterSqlite3());
const stream = store.stream<BasketEvent>("basket-1");

await using live = store.project(basket, { stream: "basket-1" });
live.subscribe(({ state }) => console.log("live:", JSON.stringify(state)));
await live.caughtUp();

await stream.append([
  { type: "added", data: { item: "tea", count: 2 } },
  { type: "added", data: { item: "cake", count: 1 } },
]);
const { position } = await stream.append({ type: "removed", data: { item: "cake" } });
await live.caughtUp(position);

const { state, version } = await stream.load(basket);
console.log(`loaded: ${JSON.stringify(state)} at version ${version}`);

const then = store.at(2);
console.log("before the last event:", JSON.stringify((await then.stream<BasketEvent>("basket-1").load(basket)).state));

await using whatIf = await fork(then);
await whatIf.stream<BasketEvent>("basket-1").append({ type: "emptied" });
console.log("what if it had been emptied:", JSON.stringify((await whatIf.load(basket)).state));
console.log("it was not:", JSON.stringify(live.state));
