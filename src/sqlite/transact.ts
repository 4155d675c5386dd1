import type { SqliteDriver } from "./driver.ts";

/** Does synchronous work in one write transaction: all of it or nothing. */
export function transact<T>(driver: SqliteDriver, work: () => T): T {
  driver.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    driver.exec("COMMIT");
    return result;
  } catch (error) {
    // Some errors have rolled everything back by themselves: https://sqlite.org/lang_transaction.html
    if (driver.inTransaction) driver.exec("ROLLBACK");
    throw error;
  }
}
