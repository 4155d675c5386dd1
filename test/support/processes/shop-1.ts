/**
 * The first version of a shop, kept as it was: it wrote prices in cents under "price", and knew no currencies. Arguments: the
 * file, how many orders.
 */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineEvents } from "rivulet/events";

const [path = "", count = ""] = process.argv.slice(2);

const events = defineEvents<
  { type: "ordered"; data: { item: string; price: number } } | { type: "paid"; data: undefined }
>({
  ordered: { version: 1 },
  paid: {},
});

const store = await openEventStore(betterSqlite3({ path, durability: "normal" }), { events });
for (let n = 1; n <= Number(count); n++) {
  await store
    .stream(`order-${n % 7}`)
    .append([{ type: "ordered", data: { item: `item ${n}`, price: 100 * n } }, { type: "paid" }]);
}
await store.close();
console.log("done");
