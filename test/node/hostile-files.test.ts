import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { isEventStoreError, openEventStore } from "rivulet";
import { transactionsOf, verifyDatabase, type SqliteDriver, type SqliteStatement } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { rivulet } from "../support/command-line.ts";
import { fileState } from "../support/file-state.ts";
import { changedCopy, makeHostileFiles, makeSoundFile, SOUND_EVENTS } from "../support/hostile-files.ts";

test.each([{ worker: false }, { worker: true }])(
  "every manipulated file is refused when it is opened, and stays unchanged (worker: $worker)",
  async ({ worker }) => {
    const all = await makeHostileFiles();
    expect(all.length).toBeGreaterThan(100);
    // A worker behaves in the same way, but takes time to start.
    const files = all.filter((_, index) => !worker || index % 5 === 0);
    const outcomes: unknown[] = [];
    for (const { what, path } of files) {
      const before = fileState(path);
      outcomes.push([what, await openingOf(path, worker)]);
      expect([what, fileState(path)]).toEqual([what, before]);
    }
    expect(outcomes).toEqual(files.map(({ what, code }) => [what, code]));
  },
);

test("verify reports a problem in each of them, and changes none", async () => {
  const found: unknown[] = [];
  const files = await makeHostileFiles();
  for (const { what, path } of files) {
    const before = readFileSync(path);
    found.push([what, await verificationOf(path)]);
    expect([what, readFileSync(path).equals(before)]).toEqual([what, true]);
  }
  expect(found).toEqual(files.map(({ what }) => [what, "problems"]));
});

test("the command line refuses such a file, and verify reports every problem of the schema", async () => {
  const path = changedCopy(
    await makeSoundFile(),
    "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END; CREATE VIEW v AS SELECT 1",
  );

  const verified = rivulet(["verify", path]);
  const read = rivulet(["events", path]);

  expect([verified.code, verified.output]).toEqual([
    1,
    'file\tschema\ttrigger "t" is not rivulet\'s\nfile\tschema\tview "v" is not rivulet\'s\n',
  ]);
  expect([read.code, read.output]).toEqual([3, ""]);
  expect(read.errors).toContain("storage-format");
});

test("the sound file opens and verifies, also with SQLite's statistics and after VACUUM", async () => {
  const sound = await makeSoundFile();
  for (const change of ["SELECT 1", "ANALYZE", "VACUUM"]) {
    const path = changedCopy(sound, change);
    expect(await openingOf(path, false)).toBe("opened");
    expect(await verificationOf(path)).toBe("sound");
    await using store = await openEventStore(betterSqlite3({ path }));
    expect((await store.stream("kept").append({ type: "noted" })).position).toBe(SOUND_EVENTS + 1);
  }
});

/** "opened", or the code of the error. */
async function openingOf(path: string, worker: boolean): Promise<string> {
  try {
    await (await openEventStore(betterSqlite3({ path, worker }))).close();
    return "opened";
  } catch (error) {
    return isEventStoreError(error) ? error.code : String(error);
  }
}

async function verificationOf(path: string): Promise<string> {
  const database = new Database(path, { readonly: true });
  const connection = {
    prepare(sql: string): SqliteStatement {
      const statement = database.prepare(sql);
      return (statement.reader ? statement.raw(true) : statement) as unknown as SqliteStatement;
    },
    get inTransaction() {
      return database.inTransaction;
    },
  };
  const driver: SqliteDriver = Object.assign(connection, {
    exec: (sql: string) => void database.exec(sql),
    transaction: transactionsOf(connection),
    codeOf: (error: unknown) => (error instanceof Database.SqliteError ? error.code : undefined),
    close: () => void database.close(),
  });
  let problems = 0;
  try {
    await verifyDatabase(driver, { onProblem: () => (problems += 1) });
    return problems === 0 ? "sound" : "problems";
  } catch (error) {
    if (isEventStoreError(error, "storage-format") || isEventStoreError(error, "storage-corrupt")) return "problems";
    throw error;
  } finally {
    driver.close();
  }
}
