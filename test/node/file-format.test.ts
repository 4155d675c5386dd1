import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { hasPython, readWithPython } from "../support/python.ts";
import { ROOT } from "../support/run-node.ts";
import { temporaryPath } from "../support/temporary.ts";

test.skipIf(!hasPython)("the Python program of FORMAT.md reads a store's events, also while it is open", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await store.append([
    {
      stream: "a",
      events: [{ type: "noted" }, { type: "noted", data: null }, { type: "noted", data: [1.5, "ü🌊\0"] }],
    },
    { stream: "b", events: { type: "named", id: "any text", data: { deep: [{}] }, metadata: { by: "ada" } } },
    { stream: "ünïcödé", events: { type: "näme", id: "0197a3c2-5bd1-7c3e-8a11-b2c3d4e5f607", data: "" } },
    { stream: "a", events: { type: "noted", id: "0197A3C2-5BD1-7C3E-8A11-B2C3D4E5F607", data: -1e-7 } },
  ]);

  expect(readWithPython(path, 0)).toEqual(await store.read().toArray());
  expect(readWithPython(path, 4)).toEqual(await store.read({ after: 4 }).toArray());
  await store.close();
  expect(readWithPython(path, 0)).toHaveLength(6);
});

test("FORMAT.md names the present format, every table of a file, and every column of its events", async () => {
  const text = readFileSync(join(ROOT, "FORMAT.md"), "utf8");
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  const { formatVersion } = await store.info();
  await store.close();
  const database = new Database(path, { readonly: true });
  onTestFinished(() => void database.close());
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  const columns = database.prepare("SELECT name FROM pragma_table_info('events')").pluck().all();

  expect(text).toContain(`describes format ${formatVersion},`);
  expect(tables.filter((table) => !text.includes(`\`${table}\``))).toEqual([]);
  expect(columnsOfEvents(text)).toEqual(columns);
});

/** The text from the row of `events` to the row of the next table. */
function columnsOfEvents(text: string): readonly string[] {
  const [, rows = ""] = /^(\| `events`[^]*?)^\| `streams`/m.exec(text) ?? [];
  return [...rows.matchAll(/^\|[^|]*\| `(\w+)`/gm)].map(([, column = ""]) => column);
}
