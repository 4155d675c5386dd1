/** Watches a file, or a PostgreSQL server, that another process writes to, and reports when each event arrived. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";

const IDLE_MILLISECONDS = 2_000;

const [, , path = ""] = process.argv;
const store = await openEventStore(
  path.startsWith("postgres:") ? postgres({ connectionString: path }) : betterSqlite3({ path }),
);
process.on("message", () => {
  const before = process.cpuUsage();
  setTimeout(() => {
    const { user, system } = process.cpuUsage(before);
    process.send?.(((user + system) / 1000 / IDLE_MILLISECONDS) * 100);
  }, IDLE_MILLISECONDS);
});
const watcher = store.watch({ after: "head", onCaughtUp: () => process.send?.("watching") });
for await (const event of watcher) {
  if (event.position > 0) process.send?.(performance.timeOrigin + performance.now());
}
