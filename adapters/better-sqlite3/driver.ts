import Database from "better-sqlite3";
import { transactionsOf, type SqliteDriver, type SqliteStatement } from "../../src/adapter.ts";
import { BLOCKING_TIMEOUT } from "../node/engine.ts";
import { installedVersion } from "../node/installed-version.ts";

/**
 * Opens a better-sqlite3 connection as a driver for rivulet. Without a path it is a database in memory. `readonly`: the
 * file has to exist.
 *
 * @throws the errors of better-sqlite3.
 */
export function openDriver(path: string | undefined, readonly = false): SqliteDriver {
  refuseCrash();
  const database = new Database(path ?? ":memory:", { timeout: BLOCKING_TIMEOUT, readonly });
  const driver: SqliteDriver = {
    prepare(sql) {
      const statement = database.prepare(sql);
      if (!statement.reader) return statement as unknown as SqliteStatement;
      // Its statements already have the shape that rivulet needs; rows as arrays are cheaper than objects.
      const columns = statement.columns.bind(statement);
      return Object.assign(statement.raw(true) as unknown as SqliteStatement, {
        columns: () => columns().map(({ name }) => name),
      });
    },
    exec: (sql) => void database.exec(sql),
    get inTransaction() {
      return database.inTransaction;
    },
    transaction: (mode, work) => transaction(mode, work),
    codeOf,
    close: () => void database.close(),
  };
  const transaction = transactionsOf(driver);
  return driver;
}

/** From version 13 on, better-sqlite3 ends a Node before 22 that loads it, instead of throwing. */
function refuseCrash(): void {
  if (Number.parseInt(process.versions.node, 10) >= 22) return;
  const version = installedVersion("better-sqlite3");
  if (Number.parseInt(version, 10) < 13) return;
  throw new Error(
    `better-sqlite3 ${version} needs Node 22 or newer, and this is ${process.versions.node}: install better-sqlite3@12`,
  );
}

/** Returns SQLite's result code if the error is one of SQLite. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}
