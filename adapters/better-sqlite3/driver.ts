import Database from "better-sqlite3";
import { transactionsOf, type SqliteDriver, type SqliteStatement } from "../../src/adapter.ts";

/**
 * How long SQLite itself waits for another process's lock, blocking this thread, in milliseconds. Kept short: beyond it
 * the storage tries again without blocking.
 */
const BLOCKING_TIMEOUT = 100;

/**
 * A better-sqlite3 connection as rivulet uses it. No path: a database in memory. `readonly`: of a file that is there. Throws what
 * better-sqlite3 throws.
 */
export function openDriver(path: string | undefined, readonly = false): SqliteDriver {
  const database = new Database(path ?? ":memory:", { timeout: BLOCKING_TIMEOUT, readonly });
  const connection = {
    prepare(sql: string): SqliteStatement {
      const statement = database.prepare(sql);
      if (!statement.reader) return statement as unknown as SqliteStatement;
      // Its statements already have the shape of ours; rows come as arrays, which are cheaper than objects.
      const columns = statement.columns.bind(statement);
      return Object.assign(statement.raw(true) as unknown as SqliteStatement, {
        columns: () => columns().map(({ name }) => name),
      });
    },
    get inTransaction() {
      return database.inTransaction;
    },
  };
  return Object.assign(connection, {
    exec: (sql: string) => void database.exec(sql),
    transaction: transactionsOf(connection),
    codeOf,
    close: () => void database.close(),
  });
}

/** SQLite's result code, where the error is one of SQLite's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}
