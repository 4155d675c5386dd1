import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEventStore } from "rivulet";
import { sqlite } from "rivulet/node";
import { expect, test } from "vitest";
import { startProcess } from "../support/child.ts";
import { failure } from "../support/outcome.ts";
import { installPacked, placeFakeDriver } from "../support/packed.ts";
import { commandOf } from "../support/runtimes.ts";
import { temporaryPath } from "../support/temporary.ts";

const hasNodeSqlite = process.getBuiltinModule?.("node:sqlite") !== undefined;

/** Appends to a file, and reports the engine or why there is none. */
const MAIN = `
  import { openEventStore } from "rivulet";
  import { sqlite } from "rivulet/node";
  async function use(worker) {
    const store = await openEventStore(sqlite({ path: "app.db", worker }));
    const { position } = await store.stream("visits").append({ type: "visited" });
    const { adapter } = await store.info();
    await store.close();
    return [adapter, position].join(" ");
  }
  for (const worker of [false, true])
    console.log(await use(worker).catch(({ code, details, message }) => [code, details.reason, message].join(" ")));`;

test("better-sqlite3 is used if it works, in this thread and in a worker", async () => {
  for (const worker of [false, true]) {
    await using store = await openEventStore(sqlite({ path: temporaryPath(), worker }));
    expect(await store.info()).toMatchObject({ adapter: "better-sqlite3", backend: "file", durability: "full" });
  }
  await failure(openEventStore(sqlite({ pth: "app.db" } as object)), "invalid-argument");
});

test.each([
  { what: "is not installed", broken: false },
  { what: "is installed and does not work", broken: true },
])("node:sqlite is taken where better-sqlite3 $what", async ({ broken }) => {
  for (const runtime of ["Node 24", "Bun"] as const) {
    const [program, ...args] = commandOf(runtime);
    expect(await run(program, args, broken)).toEqual(["node-sqlite 1", "node-sqlite 2"]);
  }
});

test("the command line needs no other package if Node has SQLite", async () => {
  const folder = installPacked();
  writeFileSync(join(folder, "events.ndjson"), JSON.stringify({ stream: "orders", id: "1", type: "ordered" }));
  const main = join(folder, "node_modules/rivulet/dist/adapters/command-line/main.js");
  const rivulet = async (...args: readonly string[]): Promise<unknown> => {
    const [program, ...before] = commandOf("Node 24");
    const { code, lines } = await startProcess(program, [...before, main, ...args], folder).ended;
    return [code, ...lines];
  };

  expect(await rivulet("import", "app.db", "events.ndjson")).toEqual(expect.arrayContaining([0, "imported\t1"]));
  expect(await rivulet("streams", "app.db")).toEqual([0, "orders\t1"]);
  expect(await rivulet("verify", "app.db")).toEqual([0]);
});

test.skipIf(hasNodeSqlite)("if no engine works, opening says what each one lacks and what to do", async () => {
  for (const line of await run(process.execPath, [], false)) {
    expect(line).toMatch(/^storage-unavailable no-engine .*install better-sqlite3, or use Node 24.*has no node:sqlite/);
  }
});

/** Runs an application with only rivulet, or with a better-sqlite3 that cannot be loaded. */
async function run(program: string, args: readonly string[], broken: boolean): Promise<readonly string[]> {
  const folder = installPacked();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "main.js"), MAIN);
  if (broken) {
    const code = "module.exports = class { constructor() { throw new Error('Could not locate the bindings file'); } };";
    placeFakeDriver(folder, "12.11.1", code);
  }
  const child = startProcess(program, [...args, "main.js"], folder);
  const { code, lines, errors } = await child.ended;
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(lines).toHaveLength(2);
  return lines;
}
