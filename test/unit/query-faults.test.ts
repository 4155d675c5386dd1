import Database from "better-sqlite3";
import { join } from "node:path";
import { openEventStore } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
import { fileAdapter } from "../support/sqlite-driver.ts";
import { temporaryFolder } from "../support/temporary.ts";

test("the store can be written to after a query at which SQLite itself has ended the transaction", async () => {
  let strike: (() => void) | undefined;
  const beforeStatement = (text: string): void => {
    if (text.includes("only_here")) strike?.();
  };
  const store = await openEventStore(fileAdapter({ path: join(temporaryFolder(), "store.db"), beforeStatement }));
  const rows = table("rows", "position INTEGER PRIMARY KEY");
  const model = await store.readModel(
    defineReadModel({
      name: "model",
      tables: [rows],
      on: { happened: ({ position }) => sql`INSERT INTO ${rows} VALUES (${position})` },
    }),
  );
  // As SQLite does when memory runs out or the disk fails.
  strike = () => {
    store.driver.exec("ROLLBACK");
    throw new Database.SqliteError("injected", "SQLITE_NOMEM");
  };

  await expect(model.query(sql`SELECT position AS only_here FROM ${rows}`)).rejects.toMatchObject({
    code: "storage-unavailable",
    details: { reason: "SQLITE_NOMEM" },
  });
  expect(await store.stream("a").append({ type: "happened" })).toMatchObject({ position: 1 });
  expect(await model.caughtUp(1)).toBe(1);

  await store.close();
});
