import type { SqliteDriver, SqliteStatement } from "./driver.ts";

/**
 * `transaction` of a driver whose SQLite takes BEGIN and COMMIT. The statements are prepared at their first use, because a
 * connection may have to be configured first.
 */
export function transactionsOf(driver: Pick<SqliteDriver, "prepare" | "inTransaction">): SqliteDriver["transaction"] {
  const statements = new Map<string, SqliteStatement>();

  function run(sql: string): void {
    let statement = statements.get(sql);
    if (statement === undefined) statements.set(sql, (statement = driver.prepare(sql)));
    statement.run();
  }

  return (mode, work) => {
    // One that starts with reading and then writes is refused at once where others write: https://sqlite.org/lang_transaction.html
    run(mode === "write" ? "BEGIN IMMEDIATE" : "BEGIN");
    try {
      const result = work();
      // Where memory or the disk has failed in between, SQLite has ended a transaction by itself, and only a read may not have noticed.
      if (mode === "write" || driver.inTransaction) run("COMMIT");
      return result;
    } catch (error) {
      if (driver.inTransaction) run("ROLLBACK");
      throw error;
    }
  };
}
