/** An engine that is missing, too old or incomplete, or a file that others have locked: each has a code, and what to do. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { startProcess, startScriptOn, withoutWarnings, type Child } from "../support/child.ts";
import { ENGINES } from "../support/odd-files.ts";
import { installPacked, placeFakeDriver } from "../support/packed.ts";
import { ROOT } from "../support/run-node.ts";
import { commandOf } from "../support/runtimes.ts";
import { temporaryPath } from "../support/temporary.ts";

/** Says what opening comes to, and what queries do that may never end. */
const MAIN = `
  import { openEventStore } from "rivulet";
  import { defineReadModel, sql, table } from "rivulet/read-models";
  const words = table("words", "n INTEGER PRIMARY KEY");
  const endless = sql\`WITH c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c\`;
  async function use(worker) {
    const store = await openEventStore(adapter({ path: "app.db", worker }));
    const model = await store.readModel(defineReadModel({ name: "words", tables: [words], on: {} }));
    try { return await model.query(endless, { timeout: 100 }); } finally { await store.close(); }
  }
  for (const worker of [false, true])
    console.log(JSON.stringify(await use(worker).catch(({ code, details, message }) => [code, details.reason ?? "", message])));`;

/** What is wrong with an engine; \`sql\` is what it is asked to prepare, and keeps its length. */
const FAULTS = {
  none: "",
  "cannot be loaded": `throw new Error("Could not locate the bindings file. Tried:")`,
  "has an old SQLite": `sql = sql.replace("sqlite_version()", "trim(' 3.51.2 ')")`,
  "was built without JSON": `sql = sql.replace("json_quote(value)", "json_lacks(value)")`,
} as const;

interface Unusable {
  readonly engine: "better-sqlite3" | "node:sqlite";
  readonly fault: keyof typeof FAULTS | "is missing";
  readonly reason: string;
  readonly says: RegExp;
}

const UNUSABLE: readonly Unusable[] = [
  { engine: "better-sqlite3", fault: "is missing", reason: "no-better-sqlite3", says: /npm install better-sqlite3/ },
  { engine: "better-sqlite3", fault: "cannot be loaded", reason: "driver", says: /bindings file.*: run npm rebuild/ },
  {
    engine: "better-sqlite3",
    fault: "has an old SQLite",
    reason: "sqlite-version",
    says: /3\.51\.2 can corrupt .*: install a newer better-sqlite3, with SQLite 3\.51\.3/,
  },
  {
    engine: "better-sqlite3",
    fault: "was built without JSON",
    reason: "better-sqlite3-version",
    says: /no such function: json_lacks: install a newer better-sqlite3/,
  },
  {
    engine: "node:sqlite",
    fault: "is missing",
    reason: "no-node-sqlite",
    says: /no node:sqlite: use Node 24.* or rivulet\/better-sqlite3/,
  },
  {
    engine: "node:sqlite",
    fault: "has an old SQLite",
    reason: "sqlite-version",
    says: /3\.51\.2 can corrupt .*: use Node 24.* or rivulet\/better-sqlite3, with SQLite 3\.51\.3/,
  },
  {
    engine: "node:sqlite",
    fault: "was built without JSON",
    reason: "node-sqlite-version",
    says: /no such function: json_lacks: use Node 24.* or rivulet\/better-sqlite3/,
  },
];

test.each(UNUSABLE)("$engine that $fault is refused with what to do", async ({ engine, fault, reason, says }) => {
  const folder = projectWith(engine, fault);
  const isFaked = engine === "node:sqlite" && fault !== "is missing";
  const [here, inWorker] = await outcomes(isFaked ? commandOf("Node 24")[0] : process.execPath, ["main.mjs"], folder);
  const expected = ["storage-unavailable", reason, expect.stringMatching(says)];
  expect(here).toEqual(expected);
  // A worker has the runtime's own modules.
  if (!isFaked) expect(inWorker).toEqual(expected);
});

test.each([
  { permissions: [], reason: "driver", says: /read access .*--allow-read/ },
  { permissions: ["--allow-read=."], reason: "driver", says: /write access .*--allow-write/ },
  { permissions: ["--allow-read=.", "--allow-write=."], reason: "query-process", says: /access.*--allow-/ },
])("Deno that was given only $permissions says which permission is missing", async ({ permissions, reason, says }) => {
  const folder = projectWith("node:sqlite", "none");
  const [program] = commandOf("Deno");
  const found = await outcomes(
    program,
    ["run", "--no-prompt", "--node-modules-dir=manual", ...permissions, "main.mjs"],
    folder,
  );
  for (const outcome of found) {
    expect(outcome).toEqual(["storage-unavailable", expect.any(String), expect.stringMatching(says)]);
  }
  expect(found[0]?.[1]).toBe(reason);
});

describe.each(ENGINES)("a file that another has locked, in %s", (engine) => {
  test("is refused as busy when it is opened, and when something is appended, until the other lets go", async () => {
    const path = temporaryPath();
    await (await openEventStore(betterSqlite3({ path }))).close();
    const other = new Database(path);
    onTestFinished(() => void other.close());
    other.exec("BEGIN IMMEDIATE");
    await expectBusy(startScriptOn(engine, "open-and-append", path));
    other.exec("ROLLBACK");

    const child = startScriptOn(engine, "open-and-append", path);
    await child.line("opened");
    other.exec("BEGIN IMMEDIATE");
    child.send("append");
    await expectBusy(child);
    other.exec("ROLLBACK");
    child.send("append");
    await child.line("appended 1");
  });
});

test.each(ENGINES)("a file that cannot be created is refused with what to check, in %s", async (engine) => {
  const file = temporaryPath();
  writeFileSync(file, "");

  const child = startScriptOn(engine, "open-and-append", join(file, "app.db"));

  const [code, details, message] = JSON.parse(await child.line("[")) as readonly unknown[];
  expect([code, details]).toEqual(["storage-unavailable", { reason: "SQLITE_CANTOPEN" }]);
  expect(message).toMatch(/app\.db: the database cannot be used: check the path, and that this process may write/);
});

async function expectBusy(child: Child): Promise<void> {
  const [code, details, message] = JSON.parse(await child.line("[")) as readonly unknown[];
  expect([code, details]).toEqual(["storage-busy", { timeout: 300 }]);
  expect(message).toMatch(/was locked for 300 ms: try again, or raise busyTimeout/);
}

/** A project with the packed package, and an engine that has a fault. */
function projectWith(engine: Unusable["engine"], fault: Unusable["fault"]): string {
  const folder = installPacked();
  const imported =
    engine === "node:sqlite"
      ? `import { nodeSqlite as adapter } from "rivulet/node-sqlite";`
      : `import { betterSqlite3 as adapter } from "rivulet/better-sqlite3";`;
  const wrong = fault === "is missing" ? "" : FAULTS[fault];
  const prepared = `prepare(sql) { ${wrong}; return super.prepare(sql); }`;
  if (engine === "better-sqlite3" && fault !== "is missing") {
    const real = JSON.stringify(join(ROOT, "node_modules/better-sqlite3"));
    const construct = fault === "cannot be loaded" ? `constructor() { ${wrong}; }` : prepared;
    placeFakeDriver(
      folder,
      "12.11.1",
      `const Real = require(${real}); module.exports = class extends Real { ${construct} };`,
    );
  }
  const faulty = `
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    class Faulty extends DatabaseSync { ${prepared} }
    process.getBuiltinModule = () => ({ DatabaseSync: Faulty });`;
  writeFileSync(join(folder, "faulty.mjs"), engine === "node:sqlite" && wrong !== "" ? faulty : "");
  writeFileSync(join(folder, "main.mjs"), `import "./faulty.mjs";\n${imported}${MAIN}`);
  return folder;
}

async function outcomes(
  program: string,
  args: readonly string[],
  folder: string,
): Promise<readonly (readonly string[])[]> {
  const { code, lines, errors } = await startProcess(program, args, folder).ended;
  expect({ code, errors: withoutWarnings(errors) }).toEqual({ code: 0, errors: "" });
  return lines.map((line) => JSON.parse(line) as readonly string[]);
}
