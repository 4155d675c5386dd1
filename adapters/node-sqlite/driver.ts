import { transactionsOf, type SqliteDriver, type SqliteStatement } from "../../src/adapter.ts";
import type { BoundDatabase, NodeSqlite } from "../node/bound-database.ts";
import { BLOCKING_TIMEOUT } from "../node/engine.ts";
import { loadBuiltin } from "../node/load-builtin.ts";
import { addMathFunctions } from "../node/math-functions.ts";
import { resultName } from "../node/result-codes.ts";
import { checkStatement, execWithCodes } from "../node/statement-text.ts";
import { cutsTexts, plainReader, wholeReader, type RowReader } from "../node/whole-texts.ts";

export const UPGRADE = "use Node 24.15, or 25.8.1 or newer, or rivulet/better-sqlite3";

/**
 * Opens a connection of `node:sqlite` as a driver for rivulet. Without a path it is a database in memory. `readOnly`:
 * the file has to exist.
 *
 * @throws the errors of `node:sqlite`, and `storage-unavailable` if there is none.
 */
export function openDriver(path: string | undefined, readOnly = false): SqliteDriver {
  const { DatabaseSync } = loadBuiltin("node:sqlite", UPGRADE) as NodeSqlite;
  const database = new DatabaseSync(path ?? ":memory:", { timeout: BLOCKING_TIMEOUT, readOnly, defensive: true });
  addMathFunctions(database);
  const cuts = cutsTexts(database);
  const driver: SqliteDriver = {
    prepare: (sql) => prepare(database, sql, cuts),
    exec: execWithCodes(database, codeOf),
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
  if (code !== "ERR_SQLITE_ERROR") return undefined;
  if (typeof errcode === "number") return resultName(errcode);
  // Deno tells no code of a file that it cannot open.
  return error.message.startsWith("unable to open database file") ? "SQLITE_CANTOPEN" : undefined;
}

function prepare(database: BoundDatabase, sql: string, cuts: boolean): SqliteStatement {
  checkStatement(sql);
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  let reader: RowReader | undefined;
  const rows = (): RowReader => (reader ??= cuts ? wholeReader(database, statement) : plainReader(statement));
  return {
    run: (...values) => void statement.run(...values),
    get: (...values) => rows().get(values),
    all: (...values) => rows().all(values),
    columns: () => statement.columns().map(({ name }) => name),
  };
}
