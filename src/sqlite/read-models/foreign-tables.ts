import { invalidArgument } from "../../errors.ts";
import type { SqliteDriver, SqliteValue } from "../driver.ts";

/**
 * Refuses (`invalid-argument`) a statement that reads or writes any table but those whose names start with one of the
 * prefixes. Which it would touch is what SQLite's own program for it says: the roots of the b-trees that it opens or clears
 * (https://sqlite.org/opcode.html).
 */
export function refuseForeignTables(
  driver: SqliteDriver,
  text: string,
  values: readonly SqliteValue[],
  prefixes: readonly string[],
): void {
  const owners = new Map(
    driver
      .prepare("SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0")
      .all()
      .map(([root, owner]) => [root, String(owner)]),
  );
  for (const [, opcode, first, second] of driver.prepare(`EXPLAIN ${text}`).all(...values)) {
    const root = opcode === "OpenWrite" || opcode === "OpenRead" ? second : opcode === "Clear" ? first : undefined;
    if (root === undefined) continue;
    const owner = owners.get(root) ?? "SQLite's own";
    if (!prefixes.some((prefix) => owner.startsWith(prefix))) {
      throw invalidArgument("sql", `a statement may only touch the tables of its own read models, not ${owner}`);
    }
  }
}
