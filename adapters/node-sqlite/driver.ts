import { transactionsOf, type SqliteDriver, type SqliteRow, type SqliteStatement } from "../../src/adapter.ts";
import { BLOCKING_TIMEOUT } from "../node/engine.ts";
import { resultName } from "../node/result-codes.ts";
import { loadNodeSqlite, refuseIncomplete, type Database, type Statement } from "./binding.ts";

/**
 * Opens a connection of `node:sqlite` as a driver for rivulet. Without a path it is a database in memory. `readOnly`:
 * the file has to exist.
 *
 * @throws the errors of `node:sqlite`, and `storage-unavailable` if this Node has no usable one.
 */
export function openDriver(path: string | undefined, readOnly = false): SqliteDriver {
  const { DatabaseSync } = loadNodeSqlite();
  const database = new DatabaseSync(path ?? ":memory:", { timeout: BLOCKING_TIMEOUT, readOnly, defensive: true });
  try {
    refuseIncomplete(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const connection = {
    prepare: (sql: string) => prepare(database, sql),
    get inTransaction() {
      return database.isTransaction;
    },
  };
  return Object.assign(connection, {
    exec: (sql: string) => database.exec(sql),
    transaction: transactionsOf(connection),
    codeOf,
    close() {
      if (database.isOpen) database.close();
    },
  });
}

/** Returns SQLite's result code if the error is one of SQLite. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === "ERR_SQLITE_ERROR" && typeof errcode === "number" ? resultName(errcode) : undefined;
}

function prepare(database: Database, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  if (hasStatement(database, sql.slice(statement.sourceSQL.length))) {
    throw new Error("this text contains more than one statement");
  }
  statement.setReturnArrays(true);
  return {
    run: (...values) => void statement.run(...values),
    get: (...values) => rounded(statement, () => statement.get(...values)) as SqliteRow | undefined,
    all: (...values) => rounded(statement, () => statement.all(...values)) as SqliteRow[],
    columns: () => statement.columns().map(({ name }) => name),
  };
}

/** `node:sqlite` silently ignores what follows the first statement. A trailing comment is allowed. */
function hasStatement(database: Database, rest: string): boolean {
  if (rest.trim() === "") return false;
  try {
    return database.prepare(rest).sourceSQL !== "";
  } catch (error) {
    // For a text without a statement, each runtime throws a different error, but never one with a code of SQLite.
    return codeOf(error) !== undefined;
  }
}

/**
 * `node:sqlite` refuses to read an integer beyond 2^53. A driver returns the nearest number; its callers decide whether
 * that is an error.
 */
function rounded(statement: Statement, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ERR_OUT_OF_RANGE") throw error;
    statement.setReadBigInts(true);
    try {
      return toNumbers(read());
    } finally {
      statement.setReadBigInts(false);
    }
  }
}

function toNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toNumbers);
  return typeof value === "bigint" ? Number(value) : value;
}
