import Database from "better-sqlite3";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { MIGRATIONS } from "rivulet/adapter";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
import { fileState } from "../support/file-state.ts";
import { rivulet } from "../support/command-line.ts";
import { backToFormat } from "../support/older-format.ts";
import { failure } from "../support/outcome.ts";
import { fileAdapter } from "../support/sqlite-driver.ts";
import { temporaryPath } from "../support/temporary.ts";

/** The format of the files that this test creates. */
const PRESENT = MIGRATIONS.length;

/** The migrations that created the file. If they ran again they would fail, because the tables exist. */
const FIRST = MIGRATIONS;
const SECOND = "CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes VALUES ('second')";
const THIRD = "INSERT INTO notes VALUES ('third')";

test("an older file is migrated to the present format step by step, and keeps its events", async () => {
  const path = await makeOldFile();

  await using store = await openEventStore(fileAdapter({ path, migrations: [...FIRST, SECOND, THIRD] }));

  expect((await store.info()).formatVersion).toBe(PRESENT + 2);
  expect(await store.read().toArray()).toHaveLength(2);
  expect((await store.stream("kept").append({ type: "noted" }, { expectedVersion: 2 })).position).toBe(3);
  expect(inspect(path)).toEqual({ format: PRESENT + 2, notes: ["second", "third"] });
});

test("a file that was migrated partly takes only the remaining steps", async () => {
  const path = await makeOldFile();
  await (await openEventStore(fileAdapter({ path, migrations: [...FIRST, SECOND] }))).close();

  await (await openEventStore(fileAdapter({ path, migrations: [...FIRST, SECOND, THIRD] }))).close();

  expect(inspect(path)).toEqual({ format: PRESENT + 2, notes: ["second", "third"] });
});

test("a migration that fails leaves the file as it was, for the version that created it", async () => {
  const path = await makeOldFile();
  const before = fileState(path);

  const migrations = [...FIRST, SECOND, "INSERT INTO missing VALUES (1)"];
  await failure(openEventStore(fileAdapter({ path, migrations })), "storage-unavailable");

  expect(fileState(path)).toEqual(before);
  await using store = await openEventStore(betterSqlite3({ path }));
  expect(await store.read().toArray()).toHaveLength(2);
});

test("a process that has the file open cannot append any more once another version has migrated it", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await store.stream("kept").append({ type: "noted" });
  await (await openEventStore(fileAdapter({ path, migrations: [...FIRST, SECOND] }))).close();

  const error = await failure(store.stream("kept").append({ type: "noted" }), "storage-format");

  expect(error.details).toEqual({ found: PRESENT + 1, supported: PRESENT });
});

test("code of format 5 that has the file open cannot append any more: it would leave out the blocks", async () => {
  const path = temporaryPath();
  await (await openEventStore(betterSqlite3({ path }))).close();
  const old = new Database(path);
  backToFormat(old, 5);
  const insert =
    "INSERT INTO events (position, stream, version, id, type, schema_version, data, metadata, timestamp) VALUES (1, 1, 1, 'a', 1, 1, NULL, NULL, 1)";
  const prepared = old.prepare(insert);
  await (await openEventStore(betterSqlite3({ path }))).close();

  expect(() => prepared.run()).toThrow("schema_version");
  old.close();
});

test("the version that created a file refuses it once it was migrated", async () => {
  const path = await makeOldFile();
  await (await openEventStore(fileAdapter({ path, migrations: [...FIRST, SECOND] }))).close();

  const error = await failure(openEventStore(betterSqlite3({ path })), "storage-format");

  expect(error.details).toEqual({ found: PRESENT + 1, supported: PRESENT });
});

test.each([
  { what: "an old file", make: makeOldFile, migrations: [...FIRST, SECOND] },
  { what: "a fresh file", make: async () => temporaryPath(), migrations: undefined },
])("at whatever moment of opening $what another does the same, both work on one and the same", async (given) => {
  for (let moment = 1; ; moment++) {
    const path = await given.make();
    const { stores, meddled } = await openMeddling(path, given.migrations, moment);
    await Promise.all(stores.map((store) => store.stream("both").append({ type: "noted" })));
    await Promise.all(stores.map((store) => store.close()));

    const format = given.migrations?.length ?? PRESENT;
    expect(inspect(path)).toEqual({ format, notes: format > PRESENT ? ["second"] : [] });
    await using store = await openEventStore(fileAdapter({ path, migrations: given.migrations }));
    expect(await store.stream("both").version()).toBe(stores.length);
    // The index is beyond the last statement of opening: all of them were tried.
    if (!meddled) return expect(moment).toBeGreaterThan(5);
  }
});

/** Opens a file, and opens it a second time just before the statement with the index `moment`. */
async function openMeddling(
  path: string,
  migrations: readonly string[] | undefined,
  moment: number,
): Promise<{ stores: EventStore[]; meddled: boolean }> {
  let count = 0;
  let other: Promise<EventStore> | undefined;
  const beforeStatement = (): void => {
    count += 1;
    if (count === moment) other = openEventStore(fileAdapter({ path, migrations }));
  };
  const store = await openEventStore(fileAdapter({ path, migrations, beforeStatement }));
  const stores = other === undefined ? [store] : [store, await other];
  return { stores, meddled: other !== undefined };
}

test("a new file takes all steps in one transaction", async () => {
  const path = temporaryPath();

  await failure(
    openEventStore(fileAdapter({ path, migrations: [...FIRST, SECOND, "INSERT INTO missing VALUES (1)"] })),
    "storage-unavailable",
  );

  expect(inspect(path)).toEqual({ format: 0, notes: [] });
  await using store = await openEventStore(betterSqlite3({ path }));
  expect(await store.head()).toBe(0);
});

test("a file from before read models can have them, and keeps its events", async () => {
  const path = await makeOldFile();
  const old = new Database(path);
  backToFormat(old, 1);
  old.close();
  const notes = table("notes", "position INTEGER PRIMARY KEY");
  const on = { noted: ({ position }: { position: number }) => sql`INSERT INTO ${notes} VALUES (${position})` };

  await using store = await openEventStore(betterSqlite3({ path }));
  const model = await store.readModel(defineReadModel({ name: "notes", tables: [notes], on }));
  await model.caughtUp();

  expect(await model.query(sql`SELECT position FROM ${notes}`)).toEqual([{ position: 1 }, { position: 2 }]);
});

async function makeOldFile(): Promise<string> {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await store.stream("kept").append([{ type: "noted" }, { type: "noted" }]);
  return path;
}

function inspect(path: string): { format: unknown; notes: unknown[] } {
  const database = new Database(path);
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'notes'").all();
    const notes = tables.length === 0 ? [] : database.prepare("SELECT text FROM notes ORDER BY rowid").pluck().all();
    return { format: database.pragma("user_version", { simple: true }), notes };
  } finally {
    database.close();
  }
}

test.each(MIGRATIONS.map((_, index) => index + 1))(
  "a file created in format %i opens with its events",
  async (format) => {
    const path = temporaryPath();
    const old = new Database(path);
    for (const step of MIGRATIONS.slice(0, format)) old.exec(step);
    old.exec(`
    INSERT INTO streams VALUES (1, 'kept');
    INSERT INTO types VALUES (1, 'noted');
    INSERT INTO events (position, stream, version, id, type, ${format < 7 ? "schema_version" : "type_version"}, data, metadata, timestamp)
      VALUES (1, 1, 1, 'one', 1, 1, NULL, NULL, 1), (2, 1, 2, 'two', 1, 1, '7', NULL, 2);
    PRAGMA application_id = 0x72766c74;
    PRAGMA user_version = ${format}`);
    old.close();

    await using store = await openEventStore(betterSqlite3({ path }));

    expect((await store.read().toArray()).map(({ id, data }) => [id, data])).toEqual([
      ["one", undefined],
      ["two", 7],
    ]);
    expect((await store.stream("kept").append({ type: "noted" })).position).toBe(3);
  },
);

test.each([1, 3, 5] as const)(
  "a file that was used in format %i finds old and new events by their types",
  async (format) => {
    const path = temporaryPath();
    const typeAt = (n: number): string => (n % 500 === 0 ? "rare" : `often-${n % 2}`);
    const append = async (from: number, to: number): Promise<void> => {
      await using store = await openEventStore(betterSqlite3({ path }));
      const events = Array.from({ length: to - from + 1 }, (_, index) => ({ type: typeAt(from + index) }));
      await store.stream("a").append(events);
    };
    await append(1, 2_100);
    const old = new Database(path);
    backToFormat(old, format);
    old.close();

    await append(2_101, 2_600);

    await using store = await openEventStore(betterSqlite3({ path }));
    const rare = await store.read({ types: ["rare"] }).toArray();
    expect(rare.map(({ position }) => position)).toEqual([500, 1_000, 1_500, 2_000, 2_500]);
    expect(rivulet(["verify", path])).toMatchObject({ code: 0 });
  },
);

test("a file of an older format is checked against that format before it is migrated", async () => {
  const path = await makeOldFile();
  const old = new Database(path);
  // Tables that format 3 has but format 1 lacks.
  old.exec("PRAGMA journal_mode = DELETE; PRAGMA user_version = 1");
  old.close();
  const before = fileState(path);

  const error = await failure(openEventStore(betterSqlite3({ path })), "storage-format");

  expect(error.message).toContain("changed by something other than rivulet");
  expect(fileState(path)).toEqual(before);
});
