import { statSync } from "node:fs";
import { openEventStore, type EventStore, type NewEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { recordStatements, type Statements } from "../support/statements.ts";
import { temporaryPath } from "../support/temporary.ts";

const NOTED: NewEvent = { type: "noted", data: { text: "something" } };

/** A store whose statements are counted. One event in stream "warm" makes sure that names are cached. */
async function openCounted(): Promise<{ store: EventStore; statements: Statements; path: string }> {
  const path = temporaryPath();
  const statements = recordStatements();
  const store = await openEventStore(betterSqlite3({ path }));
  await store.stream("warm").append(NOTED);
  statements.clear();
  return { store, statements, path };
}

test("an append to a known stream is one transaction of four statements", async () => {
  const { store, statements } = await openCounted();

  await store.stream("warm").append(NOTED);

  expect(statements.all).toEqual([
    "BEGIN IMMEDIATE",
    "PRAGMA data_version",
    expect.stringMatching(/^INSERT INTO events /),
    "COMMIT",
  ]);
  await store.close();
});

test("an append with the right expected version needs no further statement", async () => {
  const { store, statements } = await openCounted();
  await store.stream("warm").append(NOTED, { expectedVersion: 1 });
  const withVersion = [...statements.all];
  statements.clear();

  await store.stream("warm").append(NOTED);

  expect(withVersion).toEqual(statements.all);
  await store.close();
});

test("appends made in one turn of the event loop are one transaction", async () => {
  const { store, statements } = await openCounted();

  await Promise.all(Array.from({ length: 500 }, (_, n) => store.stream(n % 2 === 0 ? "warm" : "new").append(NOTED)));

  expect(count(statements, "BEGIN IMMEDIATE")).toBe(1);
  expect(count(statements, "COMMIT")).toBe(1);
  expect(count(statements, "INSERT INTO events")).toBe(500);
  expect(statements.all.filter((sql) => sql.startsWith("SELECT")).length).toBeLessThanOrEqual(2);
  await store.close();
});

test("each append that is awaited alone is one transaction", async () => {
  const { store, statements } = await openCounted();

  for (let index = 0; index < 20; index++) await store.stream("warm").append(NOTED);

  expect(count(statements, "COMMIT")).toBe(20);
  expect(statements.all).toHaveLength(20 * 4);
  await store.close();
});

test("a duplicate, an outdated version and an id with other content write nothing", async () => {
  const { store, statements, path } = await openCounted();
  const stream = store.stream("warm");
  await stream.append({ ...NOTED, id: "known" });
  statements.clear();
  const logged = statSync(`${path}-wal`).size;

  await stream.append({ ...NOTED, id: "known" }, { expectedVersion: 0 });
  await failure(stream.append(NOTED, { expectedVersion: 1 }), "version-conflict");
  await failure(stream.append({ type: "other", id: "known" }), "event-id-conflict");
  await failure(
    store.append([
      { stream: "never", events: NOTED },
      { stream: "warm", events: NOTED, expectedVersion: "no-stream" },
    ]),
    "version-conflict",
  );

  expect(count(statements, "INSERT")).toBe(0);
  expect(statSync(`${path}-wal`).size).toBe(logged);
  await store.close();
});

test("a short read of a stream takes one query for the head and one for a page", async () => {
  const { store, statements } = await openCounted();

  await store.stream("warm").read().toArray();

  expect(statements.all).toEqual([expect.stringMatching(/max\(position\)/), expect.stringMatching(/group_concat/)]);
  await store.close();
});

test("commits are flushed with durability full, and not with normal", async () => {
  const statements = recordStatements();
  const full = await openEventStore(betterSqlite3({ path: temporaryPath() }));
  const normal = await openEventStore(betterSqlite3({ path: temporaryPath(), durability: "normal" }));

  // Read from the stores' connections themselves: 1 is NORMAL and 2 is FULL
  // (https://sqlite.org/pragma.html#pragma_synchronous). The check of the binding has closed its own.
  const found = [...statements.connections]
    .filter(isOpen)
    .map((connection) => [
      connection.pragma("journal_mode", { simple: true }),
      connection.pragma("synchronous", { simple: true }),
    ]);

  expect(found).toEqual([
    ["wal", 2],
    ["wal", 1],
  ]);
  expect((await full.info()).durability).toBe("full");
  expect((await normal.info()).durability).toBe("normal");
  await Promise.all([full.close(), normal.close()]);
});

function isOpen({ open }: { readonly open: boolean }): boolean {
  return open;
}

function count(statements: Statements, start: string): number {
  return statements.all.filter((sql) => sql.startsWith(start)).length;
}
