/** Does one thing with a large file, and reports how long it took and the most memory that the process has had. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { WORKS } from "./size-work.ts";

const [path, name] = process.argv.slice(2) as [string, string];
const work = WORKS[name];
if (work === undefined) throw new Error(`there is no work named ${name}`);
const store = await openEventStore(betterSqlite3(work.closed === true ? {} : { path }));
const before = performance.now();
const done = await work.run(store, path);
const took = performance.now() - before;
await store.close();
process.send?.({
  each: (took * (work.unit === "ms" ? 1 : 1_000)) / done,
  peak: process.resourceUsage().maxRSS / 1_024,
});
