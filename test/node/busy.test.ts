import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";

const NOTED = { type: "noted" };

test("an append gives up with storage-busy when another process holds the write lock for longer than busyTimeout", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, busyTimeout: 30 }));
  const other = openOther(path);
  other.exec("BEGIN IMMEDIATE");

  const error = await failure(store.stream("waiting").append(NOTED), "storage-busy");

  expect(error.details).toEqual({ timeout: 30 });
  expect(await store.head()).toBe(0);
  other.exec("ROLLBACK");
  expect((await store.stream("waiting").append(NOTED)).position).toBe(1);
});

test("appends succeed in order if the lock is released in time", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  const stream = store.stream("waiting");
  const other = openOther(path);
  other.exec("BEGIN IMMEDIATE");

  const appends = [stream.append(NOTED), stream.append(NOTED)];
  // After two turns of the event loop the first attempt was refused, and nothing blocks this thread until the next.
  await turn();
  await turn();
  const later = stream.append(NOTED);
  other.exec("ROLLBACK");

  const results = await Promise.all([...appends, later]);
  expect(results.map(({ position }) => position)).toEqual([1, 2, 3]);
});

test("reads do not wait for writers", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, busyTimeout: 0 }));
  await store.stream("read").append(NOTED);
  openOther(path).exec("BEGIN IMMEDIATE");

  expect(await store.read().toArray()).toHaveLength(1);
});

test("opening gives up with storage-busy when another process keeps the whole file locked", async () => {
  const path = temporaryPath();
  const other = openOther(path);
  other.exec("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE");

  await failure(openEventStore(betterSqlite3({ path, busyTimeout: 30 })), "storage-busy");

  const opening = openEventStore(betterSqlite3({ path }));
  await turn();
  other.close();
  await using store = await opening;
  expect(await store.head()).toBe(0);
});

function openOther(path: string): Database.Database {
  const other = new Database(path);
  onTestFinished(() => void other.close());
  return other;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
