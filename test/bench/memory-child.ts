/** Replays a file, and reports the peak of memory beyond the process's use before. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

const MEGABYTE = 1024 * 1024;

const store = await openEventStore(betterSqlite3({ path: process.argv[2] as string }));
const before = process.memoryUsage();
let heap = 0;
let resident = 0;
let count = 0;
for await (const event of store.read()) {
  count += 1;
  if (event.position % 5_000 !== 0) continue;
  const now = process.memoryUsage();
  heap = Math.max(heap, now.heapUsed + now.external - before.heapUsed - before.external);
  resident = Math.max(resident, now.rss - before.rss);
}
await store.close();
process.send?.({ heap: heap / MEGABYTE, resident: resident / MEGABYTE, count });
