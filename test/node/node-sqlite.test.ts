import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore } from "rivulet";
import { nodeSqlite } from "rivulet/node-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { startProcess, withoutWarnings } from "../support/child.ts";
import { failure } from "../support/outcome.ts";
import { ROOT } from "../support/run-node.ts";
import { commandOf, type Runtime } from "../support/runtimes.ts";
import { temporaryPath } from "../support/temporary.ts";

const hasNodeSqlite = process.getBuiltinModule?.("node:sqlite") !== undefined;

test.skipIf(hasNodeSqlite).each([{ worker: false }, { worker: true }])(
  "without node:sqlite the package loads, and opening says what to use, worker $worker",
  async ({ worker }) => {
    for (const place of [{}, { path: temporaryPath() }]) {
      const error = await failure(openEventStore(nodeSqlite({ ...place, worker })), "storage-unavailable");

      expect(error.details.reason).toBe("no-node-sqlite");
      expect(error.message).toMatch(/Node \d.* has no node:sqlite: use Node 24.* or rivulet\/better-sqlite3/);
    }
  },
);

const OPENING = `
  import { openEventStore } from "rivulet";
  import { nodeSqlite } from "rivulet/node-sqlite";
  const [path, worker] = process.argv.slice(2);
  const opening = openEventStore(nodeSqlite({ path, worker: worker === "true" }));
  console.log(await opening.then(
    (store) => store.close().then(() => "opened"),
    ({ code, details, message }) => [code, details.reason, message].join(" "),
  ));`;

/** A `node:sqlite` as older versions of Node have it. */
const INCOMPLETE = `
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  class Older extends DatabaseSync {
    prepare(sql) {
      const statement = super.prepare(sql);
      statement.setReturnArrays = undefined;
      return statement;
    }
  }
  process.getBuiltinModule = () => ({ DatabaseSync: Older });`;

test("whether a runtime can be used is told at opening, with a reason", async () => {
  for (const runtime of ["Node 24", "Node 22"] as const) {
    for (const worker of ["false", "true"]) {
      expect(await evaluate(runtime, OPENING, temporaryPath(), worker)).toEqual(["opened"]);
    }
  }
  const [incomplete] = await evaluate("Node 24", INCOMPLETE + OPENING, temporaryPath());
  expect(incomplete).toMatch(
    /^storage-unavailable node-sqlite-version .*Node 24\..* does not work: .*setReturnArrays.*: use Node 24.* or rivulet\/better-sqlite3/,
  );
});

/** Requirements for a driver that `node:sqlite` does not meet by itself in some runtime. */
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
    tell(() => driver.prepare("SELECT 1; /* one */ SELECT 2 /* two */")),
    tell(() => driver.prepare("SELECT 1; -- the end").get()),
    tell(() => driver.prepare("")),
    tell(() => driver.prepare(" -- nothing; /* at all")),
    tell(() => driver.exec("INSERT INTO t VALUES (1)")),
    tell(() => driver.exec("INSERT INTO t VALUES (2); -- and\\n SELECT * FROM t; INSERT INTO u VALUES (3)")),
    tell(() => driver.prepare("SELECT n FROM t ORDER BY n DESC").all()),
    tell(() => driver.prepare("SELECT hex(?), ? AS t, x'0061' AS b; -- end").get("a\\0b", "\\ufeff\\0ü")),
    tell(() => driver.prepare("WITH whole(t) AS (VALUES (?), ('plain'), (NULL)) SELECT t, 1 << 60, t FROM whole -- end").all("a\\0")),
    tell(() => driver.prepare("-- first\\n /* ; */ VALUES ('a' || char(0))").all()),
    tell(() => driver.prepare("SELECT " + Array.from({ length: 70 }, (_, i) => i % 35 ? i : "char(0)").join()).get().map((v, i) => v === i ? 0 : v).join("")),
    tell(() => driver.prepare("SELECT typeof(ceil(2)), ceil(-1.5), pow('2', 3), ln(0), log(2, 8), mod(-7, 2), sqrt('x'), sqrt(x'31')").get()),
    tell(() => driver.prepare("SELECT count(DISTINCT t) FROM (SELECT 1)")),
    tell(() => [driver.close(), driver.close()].length),
  ]));`;

test.each(["Node 24", "Node 22", "Bun", "Deno"] as const)(
  "the driver reads, divides and reports as others do: %s",
  async (runtime) => {
    const [line = ""] = await evaluate(runtime, DRIVING);

    expect(JSON.parse(line)).toEqual([
      [2 ** 53, "a", 1.5, null],
      [[2 ** 62], [2]],
      "this text contains more than one statement",
      "this text contains more than one statement",
      [1],
      "this text contains no statement",
      "this text contains no statement",
      "SQLITE_CONSTRAINT_PRIMARYKEY",
      "SQLITE_ERROR",
      [[2], [1]],
      ["610062", "\ufeff\0ü", { 0: 0, 1: 97 }],
      [
        ["a\0", 2 ** 60, "a\0"],
        ["plain", 2 ** 60, "plain"],
        [null, 2 ** 60, null],
      ],
      [["a\0"]],
      `\0${"0".repeat(34)}\0${"0".repeat(34)}`,
      ["integer", -1, 8, null, 3, -1, null, null],
      "SQLITE_ERROR",
      2,
    ]);
  },
);

test("where the runtime can forbid it, the driver writes to no table of SQLite's", async () => {
  const code = `
    import { openDriver } from "./dist/adapters/node-sqlite/driver.js";
    const driver = openDriver(undefined);
    try { driver.exec("CREATE TABLE t (n); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'x'"); }
    catch (error) { console.log(error.message); }`;
  for (const runtime of ["Node 24", "Bun", "Deno"] as const) {
    expect(await evaluate(runtime, code)).toEqual(["table sqlite_master may not be modified"]);
  }
});

/** Failures of a file, by their error codes. SQLite's own size limit stands for a full disk. */
const FAILING = `
  import { mkdirSync, writeFileSync } from "node:fs";
  import { openEventStore } from "rivulet";
  import { openSqliteStorage } from "rivulet/adapter";
  import { nodeSqlite } from "rivulet/node-sqlite";
  import { openDriver } from "./dist/adapters/node-sqlite/driver.js";
  const [path] = process.argv.slice(2);
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

test("errors have the same codes as with better-sqlite3, and affect nothing else", async () => {
  const [line = ""] = await evaluate("Node 24", FAILING, temporaryPath());

  expect(JSON.parse(line)).toEqual({
    opened: ["storage-format", "storage-unavailable no-file", "storage-unavailable no-such-folder"],
    appended: [1, "storage-full", 2, 3],
  });
});

/** Runs a module in another runtime, where the package is found by its name; resolves with the lines that it printed. */
async function evaluate(runtime: Runtime, code: string, ...args: readonly string[]): Promise<readonly string[]> {
  const [program, ...before] = commandOf(runtime);
  const child = startProcess(program, [...before, moduleOf(code), ...args], ROOT);
  const ending = await child.ended;
  expect({ code: ending.code, errors: withoutWarnings(ending.errors) }).toEqual({ code: 0, errors: "" });
  return ending.lines;
}

/** Writes the code where it finds the package by its name. */
function moduleOf(code: string): string {
  const folder = mkdtempSync(join(ROOT, ".build/module-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "main.js");
  writeFileSync(file, code.replaceAll('"./dist/', '"../../dist/'));
  return file;
}
