import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore, type StoredEvent } from "rivulet";
import { nodeSqlite } from "rivulet/node-sqlite";
import { expect, test } from "vitest";
import { startProcess, startScriptOn } from "../support/child.ts";
import type { EngineName } from "../support/given-engine.ts";
import { failure } from "../support/outcome.ts";
import { installPacked } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";
import { commandOf, type Runtime } from "../support/runtimes.ts";
import { temporaryPath } from "../support/temporary.ts";

const hasNodeSqlite = process.getBuiltinModule?.("node:sqlite") !== undefined;

test.skipIf(hasNodeSqlite).each([{ worker: false }, { worker: true }])(
  "where Node has no node:sqlite the package loads, and opening says what to use, worker $worker",
  async ({ worker }) => {
    for (const place of [{}, { path: temporaryPath() }]) {
      const error = await failure(openEventStore(nodeSqlite({ ...place, worker })), "storage-unavailable");

      expect(error.details.reason).toBe("no-node-sqlite");
      expect(error.message).toMatch(/Node \d.* has no node:sqlite: use Node 24.* or rivulet\/better-sqlite3/);
    }
  },
);

/** Makes SQLite look older than it is. */
const PRETENDING = `
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  class Older extends DatabaseSync {
    prepare(sql) {
      return super.prepare(sql.replace("sqlite_version()", "'3.51.2'"));
    }
  }
  process.getBuiltinModule = () => ({ DatabaseSync: Older });`;

const OPENING = `
  import { openEventStore } from "rivulet";
  import { nodeSqlite } from "rivulet/node-sqlite";
  const [path, worker] = process.argv.slice(1);
  const opening = openEventStore(nodeSqlite({ path, worker: worker === "true" }));
  console.log(await opening.then(
    (store) => store.close().then(() => "opened"),
    ({ code, details, message }) => [code, details.reason, message].join(" "),
  ));`;

test("whether a Node can be used is told at opening, with a reason", async () => {
  for (const worker of ["false", "true"]) {
    expect(await evaluate("Node 24", OPENING, temporaryPath(), worker)).toEqual(["opened"]);
    const [line] = await evaluate("Node 22", OPENING, temporaryPath(), worker);
    expect(line).toMatch(
      /^storage-unavailable node-sqlite-version .*Node 22\..* cuts texts off at a NUL.*: use Node 24.* or rivulet\/better-sqlite3/,
    );
  }
  const [line] = await evaluate("Node 24", PRETENDING + OPENING, temporaryPath());
  expect(line).toMatch(/^storage-unavailable sqlite-version .*SQLite 3\.51\.2 can corrupt .*: use Node 24.*3\.51\.3/);
});

test("Deno, whose node:sqlite ends texts at a NUL too, is told so by its name", async () => {
  const folder = installPacked();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "main.js"), OPENING.replace("slice(1)", "slice(2)"));
  const [program, ...before] = commandOf("Deno");
  for (const worker of ["false", "true"]) {
    const child = startProcess(program, [...before, "main.js", join(folder, "events.db"), worker], folder);
    const { lines, errors } = await child.ended;
    expect(errors).toBe("");
    expect(lines[0]).toMatch(
      /^storage-unavailable node-sqlite-version .*Deno 2\..* cuts texts off at a NUL.*: use Node 24/,
    );
  }
});

interface Report {
  readonly before: readonly StoredEvent[];
  readonly snapshot?: number;
  readonly state: number;
  readonly version: number;
  readonly rows: readonly { readonly text: string; readonly number: number; readonly type: string }[];
  readonly after: readonly StoredEvent[];
}

test("a file of either engine is read and written by the other: events, snapshots, read models", async () => {
  const path = temporaryPath();
  const order: EngineName[] = ["better-sqlite3", "node-sqlite", "node-sqlite", "better-sqlite3", "node-sqlite"];
  const reports: Report[] = [];
  for (const engine of order) reports.push(await report(engine, path));

  for (const [index, { before, snapshot, state, version, rows, after }] of reports.entries()) {
    expect(before).toEqual(reports[index - 1]?.after ?? []);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(snapshot).toBe(index === 0 ? undefined : before.length);
    expect({ version, events: after.length }).toEqual({ version: before.length + 5, events: before.length + 5 });
    expect(state).toBe((index + 1) * (reports[0] as Report).state);
    expect(rows.slice(0, before.length)).toEqual(reports[index - 1]?.rows ?? []);
  }
  // The rows that each has written are those that every other writes.
  const written = reports.map(({ rows, before }) =>
    rows.slice(before.length).map(({ text, number, type }) => [text, number, type]),
  );
  for (const rows of written) expect(rows).toEqual(written[0]);
});

/** Things that a driver owes rivulet, and that `node:sqlite` does otherwise by itself. */
const DRIVING = `
  import { openDriver } from "./dist/adapters/node-sqlite/driver.js";
  const driver = openDriver(undefined);
  const tell = (work) => {
    try { return work(); } catch (error) { return driver.codeOf(error) ?? error.message; }
  };
  driver.exec("CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1)");
  console.log(JSON.stringify([
    tell(() => driver.prepare("SELECT 9007199254740993, 'a', 1.5, NULL").get()),
    tell(() => driver.prepare("VALUES (1 << 62), (2)").all()),
    tell(() => driver.prepare("SELECT 1; SELECT 2")),
    tell(() => driver.prepare("SELECT 1; -- the end").get()),
    tell(() => driver.prepare("")),
    tell(() => driver.exec("INSERT INTO t VALUES (1)")),
    tell(() => driver.exec("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'")),
    tell(() => [driver.close(), driver.close()].length),
  ]));`;

test("the driver rounds as others do, takes one statement at a time, and writes to no table of SQLite's", async () => {
  const [line = ""] = await evaluate("Node 24", DRIVING);

  expect(JSON.parse(line)).toEqual([
    [2 ** 53, "a", 1.5, null],
    [[2 ** 62], [2]],
    "this text contains more than one statement",
    [1],
    "The SQL query contains no statements.",
    "SQLITE_CONSTRAINT_PRIMARYKEY",
    "SQLITE_ERROR",
    2,
  ]);
});

/** What goes wrong with a file, by the codes that come of it; a disk is full where SQLite's own limit is. */
const FAILING = `
  import { mkdirSync, writeFileSync } from "node:fs";
  import { openEventStore } from "rivulet";
  import { openSqliteStorage } from "rivulet/adapter";
  import { nodeSqlite } from "rivulet/node-sqlite";
  import { openDriver } from "./dist/adapters/node-sqlite/driver.js";
  const [path] = process.argv.slice(1);
  const codeOf = ({ code, details }) => [code, details.reason].filter(Boolean).join(" ");
  const opening = (file) => openEventStore(nodeSqlite({ path: file })).catch(codeOf);
  writeFileSync(path + ".txt", "no database at all, but long enough to be looked at".repeat(100));
  mkdirSync(path + ".folder");
  const opened = [await opening(path + ".txt"), await opening(path + ".folder"), await opening(path + "/missing/a.db")];

  const driver = openDriver(path);
  const storage = await openSqliteStorage(driver, {
    info: { adapter: "test", backend: "file", persisted: true, durability: "full" },
    configure: () => driver.exec("PRAGMA journal_mode = wal; PRAGMA synchronous = full"),
  });
  const store = await openEventStore({ name: "test", open: async () => ({ storage, defer: setImmediate, verbs: {} }) });
  const append = (data) => store.stream("a").append({ type: "noted", data }).then(({ position }) => position, codeOf);
  driver.exec("PRAGMA max_page_count = 60");
  const appended = await Promise.all([append("small"), append("large ".repeat(100_000)), append("small")]);
  driver.exec("PRAGMA max_page_count = 10000");
  appended.push(await append("large ".repeat(100_000)));
  await store.close();
  console.log(JSON.stringify({ opened, appended }));`;

test("what goes wrong has the codes that it has through better-sqlite3, and harms nothing beside it", async () => {
  const [line = ""] = await evaluate("Node 24", FAILING, temporaryPath());

  expect(JSON.parse(line)).toEqual({
    opened: ["storage-format", "storage-unavailable no-file", "storage-unavailable no-such-folder"],
    appended: [1, "storage-full", 2, 3],
  });
});

test("the program that README shows for node:sqlite runs", async () => {
  const blocks = readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^```js\n([^]*?)^```$/gm);
  const shown = [...blocks].map(([, code = ""]) => code).find((code) => code.includes("nodeSqlite"));
  const code = shown?.replace('"app.db"', JSON.stringify(temporaryPath())) ?? "";

  expect(await evaluate("Node 24", code)).toEqual(["node-sqlite"]);
});

async function report(engine: EngineName, path: string): Promise<Report> {
  const { code, errors, lines } = await startScriptOn(engine, "use-and-report", path).ended;
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return JSON.parse(lines[0] as string) as Report;
}

/** Runs a module in another runtime, where the package is found by its name; resolves with the lines that it printed. */
async function evaluate(runtime: Runtime, code: string, ...args: readonly string[]): Promise<readonly string[]> {
  const [program, ...before] = commandOf(runtime);
  const flags = ["--input-type=module", "--eval", code];
  const child = startProcess(program, [...before, ...flags, ...args], ROOT);
  const ending = await child.ended;
  // Node 22 still calls it experimental, once in each thread.
  const errors = ending.errors.replaceAll(/^\(.*(ExperimentalWarning|--trace-warnings).*\n/gm, "");
  expect({ code: ending.code, errors }).toEqual({ code: 0, errors: "" });
  return ending.lines;
}
