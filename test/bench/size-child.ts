/** Does one thing with a large file, and reports how long it took and the most memory that the process has had. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { CLOSED, WORKS } from "./size-file.ts";
import { timeWork } from "./size-work.ts";

const [path, name] = process.argv.slice(2) as [string, string];
const closed = CLOSED[name];
const work = closed === undefined ? WORKS[name] : { ...closed, run: () => closed.run(path) };
if (work === undefined) throw new Error(`there is no work named ${name}`);
const store = await openEventStore(betterSqlite3(closed === undefined ? { path } : {}));
const each = await timeWork(work, store);
await store.close();
process.send?.({ each, peak: process.resourceUsage().maxRSS / 1_024 });
