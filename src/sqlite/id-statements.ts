import type { SqliteDriver, SqliteStatement } from "./driver.ts";
import { preparingLater } from "./prepare-later.ts";
import { isCanonicalUuid } from "./rows.ts";

/**
 * Prepares a statement that binds an id as text. Returns a function that gives the statement for an id: SQLite makes the bytes of a
 * UUID, because in a new process the same in JavaScript takes several times as long, until it is compiled. `sql` gets an expression
 * for the stored form of the id.
 */
export function prepareForId(driver: SqliteDriver, sql: (id: string) => string): (id: string) => SqliteStatement {
  const forUuid = driver.prepare(sql("unhex(?, '-')"));
  const forText = preparingLater(driver).prepare(sql("?"));
  return (id) => (isCanonicalUuid(id) ? forUuid : forText);
}
