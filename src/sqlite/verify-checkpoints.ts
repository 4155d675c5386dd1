import { findLeaseProblem } from "../storage/plausible.ts";
import type { SqliteDriver, SqliteRow } from "./driver.ts";
import { findPlaceProblem, type VerifyListeners } from "../storage/verify-rules.ts";

type OnProblem = VerifyListeners["onProblem"];

/** Verifies the checkpoints and parked events of read models and consumers, if the file's format has them. */
export function verifyCheckpoints(driver: SqliteDriver, head: number, onProblem: OnProblem): void {
  const tables = tablesOf(driver);
  const ahead = (table: string, columns: string, describe: (row: SqliteRow) => string): void => {
    if (!tables.has(table)) return;
    for (const row of driver.prepare(`SELECT ${columns} FROM ${table}`).all()) {
      const position = row[0] as number | null;
      const what = position === null ? undefined : findPlaceProblem(position, head);
      if (what !== undefined) onProblem({ kind: "checkpoint", where: describe(row), what });
    }
  };
  ahead("models", "checkpoint, name, schema", (row) => `read model ${String(row[1])}, schema ${String(row[2])}`);
  if (tables.has("parked")) {
    ahead(
      "models",
      "rebuild, name, schema",
      (row) => `rebuild of read model ${String(row[1])}, schema ${String(row[2])}`,
    );
  }
  ahead("parked", "position, owner", (row) => `event parked by ${String(row[1])}`);
  ahead("checkpoints", "position, name", (row) => `consumer ${String(row[1])}`);
}

/** Verifies the leases, if the file's format has them. */
export function verifyLeases(driver: SqliteDriver, onProblem: OnProblem): void {
  if (!tablesOf(driver).has("leases")) return;
  const last = driver.prepare("SELECT value FROM meta WHERE key = 'last_lease'").get()?.[0] as number | undefined;
  for (const row of driver.prepare("SELECT name, holder, token, expires FROM leases").all()) {
    const [name, holder, token, expires] = row as [string, string, number, number];
    const what = findLeaseProblem({ holder, token, expires }, last ?? 0);
    if (what !== undefined) onProblem({ kind: "file", where: `lease ${name}`, what });
  }
}

function tablesOf(driver: SqliteDriver): ReadonlySet<unknown> {
  return new Set(
    driver
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map(([name]) => name),
  );
}
