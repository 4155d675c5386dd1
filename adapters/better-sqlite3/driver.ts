import { createRequire } from "node:module";
import Database from "better-sqlite3";
import { transactionsOf, type SqliteDriver, type SqliteStatement } from "../../src/adapter.ts";
import { BLOCKING_TIMEOUT } from "../node/engine.ts";

/**
 * Opens a better-sqlite3 connection as a driver for rivulet. Without a path it is a database in memory. `readonly`: the
 * file has to exist.
 *
 * @throws the errors of better-sqlite3.
 */
export function openDriver(path: string | undefined, readonly = false): SqliteDriver {
  refuseCrash();
  const database = new Database(path ?? ":memory:", { timeout: BLOCKING_TIMEOUT, readonly });
  const connection = {
    prepare(sql: string): SqliteStatement {
      const statement = database.prepare(sql);
      if (!statement.reader) return statement as unknown as SqliteStatement;
      // Its statements already have the shape that rivulet needs; rows as arrays are cheaper than objects.
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

/**
 * The first version of better-sqlite3 that a Node before {@link ITS_NODE} cannot load: it ends the process instead of
 * throwing.
 */
const CRASHING = 13;
const ITS_NODE = 22;

function refuseCrash(): void {
  if (Number.parseInt(process.versions.node, 10) >= ITS_NODE) return;
  const version = installedVersion();
  if (Number.parseInt(version, 10) < CRASHING) return;
  throw new Error(
    `better-sqlite3 ${version} needs Node ${ITS_NODE} or newer, and this is ${process.versions.node}: install better-sqlite3@12`,
  );
}

/**
 * Reads the version without loading the binding. "0" if better-sqlite3 is not found as a package: then nothing is known
 * against it.
 */
function installedVersion(): string {
  try {
    const { version } = createRequire(import.meta.url)("better-sqlite3/package.json") as { readonly version: string };
    return version;
  } catch {
    return "0";
  }
}

/** Returns SQLite's result code if the error is one of SQLite. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}
