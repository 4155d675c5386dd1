import type { Adapter } from "rivulet";
import type { BetterSqlite3Options } from "rivulet/better-sqlite3";

/** The engines of Node. */
export type EngineName = "better-sqlite3" | "node-sqlite";

/** How a script of `test/support/processes` opens files: through better-sqlite3, unless the test that started it names another engine. */
export async function givenEngine(): Promise<(options: BetterSqlite3Options) => Adapter> {
  if (process.env["RIVULET_ENGINE"] === "node-sqlite") return (await import("rivulet/node-sqlite")).nodeSqlite;
  return (await import("rivulet/better-sqlite3")).betterSqlite3;
}
