import Database from "better-sqlite3";
import type { SqliteDriver, SqliteStatement } from "../../src/adapter.ts";

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
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      if (!statement.reader) return statement as unknown as SqliteStatement;
      // Its statements already have the shape of ours; rows come as arrays, which are cheaper than objects.
      const columns = statement.columns.bind(statement);
      return Object.assign(statement.raw(true) as unknown as SqliteStatement, {
        columns: () => columns().map(({ name }) => name),
      });
    },
    exec(sql) {
      database.exec(sql);
    },
    get inTransaction() {
      return database.inTransaction;
    },
    codeOf,
    close() {
      database.close();
    },
  };
}

/** SQLite's result code, where the error is one of SQLite's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}
