import type { SqliteDriver, SqliteStatement } from "./driver.ts";

/**
 * Implements a driver's `transaction` with BEGIN and COMMIT. The statements are prepared when they are first used, because the
 * connection may have to be configured before.
 *
 * @example
 * ```ts
 * const transaction = transactionsOf(driver);
 * const events = transaction("read", () => driver.prepare("SELECT count(*) FROM events").get());
 * console.log(events); // → [ 0 ]
 * ```
 */
export function transactionsOf(driver: Pick<SqliteDriver, "prepare" | "inTransaction">): SqliteDriver["transaction"] {
  const statements: Partial<Record<string, SqliteStatement>> = {};

  function run(sql: string): void {
    (statements[sql] ??= driver.prepare(sql)).run();
  }

  return (mode, work) => {
    // A transaction that reads first and then writes fails at once if another process writes: https://sqlite.org/lang_transaction.html
    run(mode === "write" ? "BEGIN IMMEDIATE" : "BEGIN");
    try {
      const result = work();
      // After a memory or disk error, SQLite rolls back by itself: COMMIT then reports it. A read has lost nothing and goes on.
      if (mode === "write" || driver.inTransaction) run("COMMIT");
      return result;
    } catch (error) {
      if (driver.inTransaction) run("ROLLBACK");
      throw error;
    }
  };
}

/**
 * Begins a read transaction for work that is not synchronous, such as verifying a whole database as of one moment. Returns the function
 * that ends it.
 */
export function beginRead(driver: Pick<SqliteDriver, "exec" | "inTransaction">): () => void {
  driver.exec("BEGIN");
  return () => {
    if (driver.inTransaction) driver.exec("ROLLBACK");
  };
}
