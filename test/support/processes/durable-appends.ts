/** Appends so many events one after the other, then so many at once. Arguments: the file, the durability, the two numbers. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

const [path, durability, oneByOne, atOnce] = process.argv.slice(2);
const store = await openEventStore(betterSqlite3({ path, durability: durability as "full" | "normal" }));
const stream = store.stream("flushed");
for (let index = 0; index < Number(oneByOne); index++) await stream.append({ type: "noted" });
await Promise.all(Array.from({ length: Number(atOnce) }, () => stream.append({ type: "noted" })));
await store.close();
