import Database from "better-sqlite3";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { isEventStoreError, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { temporaryPath } from "../support/temporary.ts";

test("other work gets its turn while the news of a large append are read", async () => {
  const store = await openEventStore(betterSqlite3());
  const watcher = store.watch({ after: "head" });
  const first = watcher.next();
  await store.head();
  await store.stream("s").append(Array.from({ length: 20_000 }, () => ({ type: "happened" })));

  let turns = 0;
  let next = setImmediate(function tick() {
    turns += 1;
    next = setImmediate(tick);
  });
  await first;
  for (let seen = 1; seen < 20_000; seen++) await watcher.next();
  clearImmediate(next);

  expect(turns).toBeGreaterThan(10);
  await store.close();
});

for (const worker of [false, true]) {
  test(`a file that is ruined by another process ends its watchers with an error, worker ${worker}`, async () => {
    const path = temporaryPath();
    const store = await openEventStore(betterSqlite3({ path, worker }));
    await store.stream("s").append(Array.from({ length: 500 }, () => ({ type: "happened", data: "x".repeat(200) })));
    const watcher = store.watch({ after: "head" });
    const next = watcher.next().catch((error: unknown) => error);
    await store.head();

    const other = new Database(path);
    other.pragma("wal_checkpoint(TRUNCATE)");
    ruin(path);
    other.pragma("user_version = 1");
    other.exec("CREATE TABLE ruined (id INTEGER)");
    other.close();

    const outcome = await next;
    expect(isEventStoreError(outcome) && outcome.code).toMatch(/^storage-/);
    await store.close();
  });
}

/** Overwrites every page but the first. */
function ruin(path: string): void {
  const file = openSync(path, "r+");
  const size = statSync(path).size;
  const noise = Buffer.alloc(4096, 0xa5);
  for (let at = 4096; at < size; at += 4096) writeSync(file, noise, 0, noise.length, at);
  closeSync(file);
}
