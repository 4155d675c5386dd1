import type { Adapter } from "rivulet";
import type { BetterSqlite3Options } from "rivulet/better-sqlite3";

/** The engines of Node and of runtimes like it; without a runtime, the one in which the tests run, or Node 24 for `node:sqlite`. */
export type EngineName =
  | "better-sqlite3"
  | "better-sqlite3 in Node 24"
  | "node-sqlite"
  | "node-sqlite in Node 22"
  | "node-sqlite in Bun"
  | "node-sqlite in Deno";

/** How a script of `test/support/processes` opens files: through better-sqlite3, unless the test that started it names another engine. */
export async function givenEngine(): Promise<(options: BetterSqlite3Options) => Adapter> {
  if (process.env["RIVULET_ENGINE"]?.startsWith("node-sqlite") === true) {
    return (await import("rivulet/node-sqlite")).nodeSqlite;
  }
  return (await import("rivulet/better-sqlite3")).betterSqlite3;
}
