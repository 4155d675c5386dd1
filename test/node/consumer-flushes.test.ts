import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { recordStatements } from "../support/statements.ts";
import { temporaryPath } from "../support/temporary.ts";

/** The tables that each transaction wrote to, and whether its commit was flushed. */
function commitsOf(statements: readonly string[]): { readonly tables: string[]; readonly flushed: boolean }[] {
  const commits: { tables: string[]; flushed: boolean }[] = [];
  let flushed = true;
  let tables: string[] = [];
  for (const sql of statements) {
    if (sql.startsWith("PRAGMA synchronous = ")) flushed = sql.endsWith("full");
    if (sql.startsWith("BEGIN")) tables = [];
    const table = /^INSERT (?:OR REPLACE )?INTO (\w+)/.exec(sql)?.[1];
    if (table !== undefined) tables.push(table);
    if (sql === "COMMIT") commits.push({ tables, flushed });
  }
  return commits;
}

test("a checkpoint that only moves on is not flushed by itself; the first one, parked events and appends are", async () => {
  const statements = recordStatements();
  const store = await openEventStore(betterSqlite3({ path: temporaryPath() }));
  onTestFinished(() => store.close());
  await store.stream("one").append(Array.from({ length: 6 }, (_, index) => ({ type: "counted", data: index })));
  statements.clear();
  const consumer = store.consume(
    defineConsumer({
      name: "counting",
      batchSize: 1,
      onError: "park",
      retry: { attempts: 1 },
      async handler({ id, data, stream }, { append }) {
        if (data === 3) throw new Error("cannot be counted");
        if (data === 4) await append([{ stream: "two", events: { id: `of ${id}`, type: stream } }]);
      },
    }),
  );

  await consumer.caughtUp(6);
  await consumer.close();
  await store.stream("one").append({ type: "later" });

  const commits = commitsOf(statements.all);
  const checkpoints = commits.filter(({ tables }) => tables.includes("checkpoints"));
  const [first, second, third, fourth, ...rest] = checkpoints.map(({ flushed }) => flushed);
  expect([first, second, third, fourth]).toEqual([true, false, false, true]);
  expect(rest.length).toBeGreaterThanOrEqual(2);
  expect(rest).not.toContain(true);
  expect(checkpoints[3]?.tables).toEqual(["checkpoints", "parked"]);
  expect(commits.filter(({ tables }) => tables.includes("events")).map(({ flushed }) => flushed)).toEqual([true, true]);
});

test("a connection whose commits could not be flushed again is closed, and nothing more is appended", async () => {
  const { exec } = Database.prototype;
  onTestFinished(() => void Object.assign(Database.prototype, { exec }));
  const store = await openEventStore(betterSqlite3({ path: temporaryPath() }));
  await store.stream("one").append([{ type: "a" }, { type: "b" }, { type: "c" }]);
  Object.assign(Database.prototype, {
    exec(this: Database.Database, sql: string) {
      if (sql === "PRAGMA synchronous = full") throw new Error("no");
      return exec.call(this, sql);
    },
  });
  const consumer = store.consume(defineConsumer({ name: "counting", batchSize: 1, handler: () => undefined }));
  await expect(consumer.caughtUp(3)).rejects.toThrow();

  await expect(store.stream("one").append({ type: "d" })).rejects.toThrow();
});
