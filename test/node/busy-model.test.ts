import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
import { temporaryPath } from "../support/temporary.ts";

const notes = table("notes", "position INTEGER PRIMARY KEY");
const definition = defineReadModel({
  name: "notes",
  tables: [notes],
  on: { noted: ({ position }: { position: number }) => sql`INSERT INTO ${notes} VALUES (${position})` },
});

test("a read model keeps retrying while others hold the write lock longer than the timeout", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path, busyTimeout: 10 }));
  await using writer = await openEventStore(betterSqlite3({ path }));
  const model = await store.readModel(definition);
  await model.caughtUp();
  const other = new Database(path);

  const { position } = await writer.stream("kept").append({ type: "noted" });
  other.exec("BEGIN IMMEDIATE");
  // It knows of the event but cannot write: all of its calls so far were refused.
  await expect(store.stream("kept").append({ type: "other" })).rejects.toMatchObject({ code: "storage-busy" });
  await expect(store.stream("kept").append({ type: "other" })).rejects.toMatchObject({ code: "storage-busy" });
  other.exec("ROLLBACK");
  other.close();

  await model.caughtUp(position);
  expect(await model.query(sql`SELECT position FROM ${notes}`)).toEqual([{ position }]);
});
