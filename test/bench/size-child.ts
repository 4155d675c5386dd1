/** Does one thing with a large file, and reports how long it took, its CPU time, and the most memory that the process has had. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { CLOSED, WORKS } from "./size-file.ts";
import { inUnit, type Measured } from "./size-work.ts";

const [path, name] = process.argv.slice(2) as [string, string];
const closed = CLOSED[name];
const work = closed === undefined ? WORKS[name] : { ...closed, run: () => closed.run(path) };
if (work === undefined) throw new Error(`there is no work named ${name}`);
const store = await openEventStore(betterSqlite3(closed === undefined ? { path } : {}));
const cpu = process.cpuUsage();
const before = performance.now();
const done = await work.run(store);
const duration = performance.now() - before;
const { user, system } = process.cpuUsage(cpu);
await store.close();
const measured: Measured = {
  each: inUnit(duration, work.unit) / done,
  cpu: inUnit((user + system) / 1_000, work.unit) / done,
  peak: process.resourceUsage().maxRSS / 1_024,
};
process.send?.(measured);
