import Database from "better-sqlite3";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { isEventStoreError, openEventStore } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { until } from "../support/until.ts";
import { temporaryPath } from "../support/temporary.ts";

test("other work runs between the pages in which watchers read a large append", async () => {
  let turn = 0;
  let tick = setImmediate(function next() {
    turn += 1;
    tick = setImmediate(next);
  });
  const readAt: number[] = [];
  const adapter = betterSqlite3();
  const store = await openEventStore({
    name: "recorded",
    async open() {
      const opened = await adapter.open();
      const readPage: EventStorage["readPage"] = (query) => {
        readAt.push(turn);
        return opened.storage.readPage(query);
      };
      return { ...opened, storage: { ...opened.storage, readPage } };
    },
  });
  const watcher = store.watch({ after: "head" });
  const first = watcher.next();
  await store.head();
  await store.stream("s").append(Array.from({ length: 10_000 }, () => ({ type: "happened" })));
  await first;
  // The watch has caught up and waits: later reads are for new events.
  await until(() => readAt.length >= 10);
  clearImmediate(tick);

  expect(new Set(readAt).size).toBe(readAt.length);
  await store.close();
});

for (const worker of [false, true]) {
  test(`a file that another process damages ends its watchers with an error, worker ${worker}`, async () => {
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
