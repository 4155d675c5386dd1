import { transactionsOf, type SqliteDriver, type SqliteRow, type SqliteStatement } from "../../src/adapter.ts";
import { BLOCKING_TIMEOUT } from "../node/engine.ts";
import { resultName } from "../node/result-codes.ts";
import { loadNodeSqlite, refuseIncomplete, type Database, type Statement } from "./binding.ts";

/**
 * A connection of `node:sqlite` as rivulet uses it. No path: a database in memory. `readOnly`: of a file that is there. Throws
 * what `node:sqlite` throws, and `storage-unavailable` where this Node has none that can be used.
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

/** SQLite's result code, where the error is one of SQLite's. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  return code === "ERR_SQLITE_ERROR" && typeof errcode === "number" ? resultName(errcode) : undefined;
}

function prepare(database: Database, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  if (hasStatement(database, sql.slice(statement.sourceSQL.length))) {
    throw new Error("there is more than one statement in this text");
  }
  statement.setReturnArrays(true);
  return {
    run: (...values) => void statement.run(...values),
    get: (...values) => rounded(statement, () => statement.get(...values)) as SqliteRow | undefined,
    all: (...values) => rounded(statement, () => statement.all(...values)) as SqliteRow[],
    columns: () => statement.columns().map(({ name }) => name),
  };
}

/** `node:sqlite` leaves out without a word what comes after the first statement; a comment may. */
function hasStatement(database: Database, rest: string): boolean {
  if (rest.trim() === "") return false;
  try {
    return database.prepare(rest).sourceSQL !== "";
  } catch (error) {
    // Of a text without a statement each runtime says something else, but never with a code of SQLite's.
    return codeOf(error) !== undefined;
  }
}

/**
 * `node:sqlite` refuses to read a whole number beyond 2^53. A driver gives the nearest number: what it means that one is so large
 * is for those to say who asked.
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
