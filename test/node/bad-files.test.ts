import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { isEventStoreError, openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { MIGRATIONS } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { fileState } from "../support/file-state.ts";
import { rivulet } from "../support/command-line.ts";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";

/** The format that this version writes. */
const PRESENT = MIGRATIONS.length;

const PAGE = 4096;

const open = (path: string): Promise<EventStore> => openEventStore(betterSqlite3({ path }));

test.each([
  { what: "a line of text", content: "I am not a database\n" },
  { what: "a longer text", content: "not a database, not even nearly\n".repeat(1000) },
  { what: "two bytes", content: "Hi" },
  { what: "a SQLite header and nothing of the sort after it", content: `SQLite format 3\0${"?".repeat(5000)}` },
])("$what is not taken for a database, and stays as it is", async ({ content }) => {
  const path = temporaryPath();
  writeFileSync(path, content);
  const before = fileState(path);

  const error = await failure(open(path), "storage-format");

  expect(error.message).toContain(path);
  expect(error.details.supported).toBe(PRESENT);
  expect(fileState(path)).toEqual(before);
});

test("an empty file becomes a store", async () => {
  const path = temporaryPath();
  writeFileSync(path, "");

  await using store = await open(path);

  expect((await store.stream("first").append({ type: "noted" })).position).toBe(1);
});

test.each([
  { what: "tables", sql: "CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('Wild Mountain Thyme')" },
  { what: "an application_id", sql: "PRAGMA application_id = 1196444487; CREATE TABLE tiles (x)" },
  { what: "an application_id and no tables", sql: "PRAGMA application_id = 1196444487" },
  { what: "a user_version and no tables", sql: "PRAGMA user_version = 1" },
  { what: "tables named as ours", sql: "CREATE TABLE events (position INTEGER PRIMARY KEY); PRAGMA user_version = 1" },
  { what: "a log of its own", sql: "PRAGMA journal_mode = wal; CREATE TABLE songs (title TEXT)" },
])("another application's database with $what is refused and stays as it is", async ({ sql }) => {
  const path = temporaryPath();
  alter(path, sql);
  const before = fileState(path);

  const error = await failure(open(path), "storage-format");

  expect(error.message).toMatch(/another application/);
  expect(fileState(path)).toEqual(before);
});

test("a database of a newer format is refused, says what to do, and stays as it is", async () => {
  const { path } = await makeStore(3);
  alter(path, "PRAGMA user_version = 99");
  const before = fileState(path);

  const error = await failure(open(path), "storage-format");

  expect(error.details).toEqual({ found: 99, supported: PRESENT });
  expect(error.message).toMatch(/update rivulet/);
  expect(fileState(path)).toEqual(before);
});

test.each([5, 44, 0xffffffff])(
  "a schema format that SQLite does not know (%d) is reported, also by verify",
  async (format) => {
    const { path } = await makeStore(3);
    const content = readFileSync(path);
    // https://sqlite.org/fileformat2.html#the_database_header
    content.writeUInt32BE(format, 44);
    writeFileSync(path, content);
    const before = fileState(path);

    const error = await failure(open(path), "storage-format");
    const after = fileState(path);
    const verified = rivulet(["verify", path]);

    expect(error.message).toContain(path);
    expect(error.details.supported).toBe(PRESENT);
    expect([verified.code, verified.errors]).toEqual([3, expect.stringMatching(`${path}.*storage-format`)]);
    expect(after).toEqual(before);
  },
);

test.each([
  { what: "the first words", length: () => 10, code: "storage-format" },
  { what: "half a header", length: () => 50, code: "storage-corrupt" },
  { what: "a header", length: () => 100, code: "storage-corrupt" },
  { what: "less than a page", length: () => PAGE - 1, code: "storage-corrupt" },
  { what: "a page", length: () => PAGE, code: "storage-corrupt" },
  { what: "a page and a half", length: () => PAGE * 1.5, code: "storage-corrupt" },
  { what: "half of it", length: (size: number) => Math.floor(size / 2), code: "storage-corrupt" },
  { what: "all but its last page", length: (size: number) => size - PAGE, code: "storage-corrupt" },
] as const)("a file of which only $what is left is refused and stays as it is", async ({ length, code }) => {
  const { path } = await makeStore(300);
  truncateSync(path, length(statSync(path).size));
  const before = fileState(path);

  const error = await failure(open(path), code);

  expect(error.message).toContain(path);
  expect(fileState(path)).toEqual(before);
});

test.each([
  { what: "zeros", fill: 0 },
  { what: "noise", fill: 0xa7 },
])("whichever page is overwritten with $what, what is read is either right or an error", async ({ fill }) => {
  const { path, events } = await makeStore(300);
  const whole = readFileSync(path);
  const pages = whole.length / PAGE;
  let damaged = 0;
  for (let page = 0; page < pages; page++) {
    writeFileSync(path, Buffer.from(whole).fill(fill, page * PAGE, (page + 1) * PAGE));
    const outcomes = await Promise.all([
      readAll(path, (store) => store.read().toArray()),
      readAll(path, (store) => store.stream("damaged").read().toArray()),
    ]);
    for (const outcome of outcomes) {
      if (outcome !== "damaged") expect(outcome).toEqual(events);
    }
    if (outcomes.includes("damaged")) damaged += 1;
  }
  // Every page has a use. The few that a read does not need hold ids, snapshots and the table `meta`.
  expect(damaged).toBeGreaterThan(pages / 2);
});

/** Returns what a read returns, or that it reports damage. Anything else fails the test. */
async function readAll(
  path: string,
  read: (store: EventStore) => Promise<StoredEvent[]>,
): Promise<StoredEvent[] | "damaged"> {
  try {
    await using store = await open(path);
    return await read(store);
  } catch (error) {
    if (isEventStoreError(error, "storage-corrupt") || isEventStoreError(error, "storage-format")) return "damaged";
    throw error;
  }
}

/** Creates a file with this many events, and closes it. */
async function makeStore(count: number): Promise<{ path: string; events: StoredEvent[] }> {
  const path = temporaryPath();
  await using store = await open(path);
  await store.stream("damaged").append(
    Array.from({ length: count }, (_, index) => ({
      type: "written",
      id: `event-${index}-${"x".repeat(40)}`,
      data: { index, text: "y".repeat(200) },
    })),
  );
  return { path, events: await store.read().toArray() };
}

function alter(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}
