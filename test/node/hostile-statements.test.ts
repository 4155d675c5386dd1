import { openEventStore, type Event } from "rivulet";
import type { SqliteDriver } from "rivulet/adapter";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
// The conformance suite's own list, which `rivulet/testing` does not export.
import { READING, textFor, WRITING } from "../../dist/src/testing/cases/read-models/sql-guard.js";
import { fileAdapter } from "../support/sqlite-driver.ts";
import { temporaryPath } from "../support/temporary.ts";

/** Everything in the file except the models' checkpoints and parked events. */
function contentsOf(driver: SqliteDriver): unknown {
  const schema = driver.prepare("SELECT name, sql, type FROM sqlite_schema ORDER BY 1, 3").all();
  const tables = schema.filter(([name, , type]) => type === "table" && !/^(models|parked|leases)$/.test(String(name)));
  return [schema, tables.map(([name]) => [name, driver.prepare(`SELECT * FROM "${String(name)}"`).all()])];
}

test("no hostile statement, in a query or in a handler, changes the file", async () => {
  const store = await openEventStore(fileAdapter({ path: temporaryPath() }));
  const own = table("own", "n INTEGER PRIMARY KEY, word TEXT, extra ANY");
  const texts = [...READING, ...WRITING];
  const define = (
    name: string,
    statementFor: (index: number) => ReturnType<typeof sql>,
  ): ReturnType<typeof defineReadModel> =>
    defineReadModel<Event<"tried", { index: number }>>({
      name,
      tables: [own],
      onError: "park",
      on: { tried: ({ data }) => statementFor(data.index) },
    });
  const other = await store.readModel(define("other", () => sql`REPLACE INTO ${own} VALUES (1, 'secret', NULL)`));
  const position = (await store.stream("a").append(texts.map((_, index) => ({ type: "tried", data: { index } }))))
    .position;
  await other.caughtUp(position);
  await other.close();
  // Its tables exist before they have rows.
  const model = await store.readModel(define("model", (index) => textFor(texts[index] ?? "", "model")));
  const before = contentsOf(store.driver);

  await model.caughtUp(position);
  for (const text of texts)
    await expect(model.query(textFor(text, "model"))).rejects.toMatchObject({ code: "invalid-argument" });

  expect((await model.parked()).length).toBe(texts.length);
  expect(contentsOf(store.driver)).toEqual(before);
  await store.close();
});
