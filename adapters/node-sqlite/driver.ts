import { splitStatement, transactionsOf, type SqliteDriver, type SqliteStatement } from "../../src/adapter.ts";
import { loadBuiltin } from "../node/load-builtin.ts";
import { BLOCKING_TIMEOUT } from "../node/engine.ts";
import { resultName } from "../node/result-codes.ts";
import { rounded, type IntegerReader } from "../node/rounded.ts";

/** The part of `node:sqlite` that is used, declared here because the types of older Node versions lack it. */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: object) => Database;
}

interface Database {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  prepare(sql: string): Statement;
  exec(sql: string): void;
  close(): void;
}

interface Statement extends IntegerReader {
  run(...values: readonly unknown[]): unknown;
  columns(): readonly { readonly name: string }[];
  setReturnArrays(arrays: boolean): void;
}

export const UPGRADE = "use Node 24.16 or newer, or rivulet/better-sqlite3";

/**
 * Opens a connection of `node:sqlite` as a driver for rivulet. Without a path it is a database in memory. `readOnly`:
 * the file has to exist. Throws the errors of `node:sqlite`, and `storage-unavailable` if there is none.
 */
export function openDriver(path: string | undefined, readOnly = false): SqliteDriver {
  const { DatabaseSync } = loadBuiltin("node:sqlite", UPGRADE) as NodeSqlite;
  const database = new DatabaseSync(path ?? ":memory:", { timeout: BLOCKING_TIMEOUT, readOnly, defensive: true });
  const driver: SqliteDriver = {
    prepare: (sql) => prepare(database, sql),
    exec: (sql) => database.exec(sql),
    get inTransaction() {
      return database.isTransaction;
    },
    transaction: (mode, work) => transaction(mode, work),
    codeOf,
    close() {
      if (database.isOpen) database.close();
    },
  };
  const transaction = transactionsOf(driver);
  return driver;
}

/** Returns SQLite's result code if the error is one of SQLite. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === "ERR_SQLITE_ERROR" && typeof errcode === "number" ? resultName(errcode) : undefined;
}

function prepare(database: Database, sql: string): SqliteStatement {
  // `node:sqlite` silently ignores what follows the first statement.
  splitStatement(sql);
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return {
    run: (...values) => void statement.run(...values),
    get: (...values) => rounded(statement, "get", values),
    all: (...values) => rounded(statement, "all", values),
    columns: () => statement.columns().map(({ name }) => name),
  };
}
