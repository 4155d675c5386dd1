import { transactionsOf, type SqliteDriver, type SqliteStatement } from "../../src/adapter.ts";
import { BLOCKING_TIMEOUT } from "../node/engine.ts";
import { resultName } from "../node/result-codes.ts";
import { loadNodeSqlite, refuseIncomplete, type Database } from "./binding.ts";
import { addMathFunctions } from "./math-functions.ts";
import { createReader, type Reader } from "./reader.ts";
import { hasStatement } from "./sql-text.ts";
import { cutsTexts, readWhole } from "./whole-texts.ts";

/**
 * Opens a connection of `node:sqlite` as a driver for rivulet. Without a path it is a database in memory. `readOnly`:
 * the file has to exist. Throws the errors of `node:sqlite`, and `storage-unavailable` if this Node has no usable one.
 */
export function openDriver(path: string | undefined, readOnly = false): SqliteDriver {
  const { DatabaseSync } = loadNodeSqlite();
  const database = new DatabaseSync(path ?? ":memory:", { timeout: BLOCKING_TIMEOUT, readOnly, defensive: true });
  try {
    refuseIncomplete(database);
    addMathFunctions(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const cuts = cutsTexts(database);
  const connection = {
    prepare: (sql: string) => prepare(database, sql, cuts),
    get inTransaction() {
      return database.isTransaction;
    },
  };
  return Object.assign(connection, {
    exec: (sql: string) => runEach(database, sql),
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

/** Runs the statements of a text. In Deno, the errors of `database.exec` lack SQLite's result code. */
function runEach(database: Database, sql: string): void {
  for (let rest = sql; hasStatement(rest);) {
    const statement = database.prepare(rest);
    rest = rest.slice(statement.sourceSQL.length);
    statement.run();
  }
}

function prepare(database: Database, sql: string, cuts: boolean): SqliteStatement {
  // For a text without a statement, runtimes differ, and Deno crashes.
  if (!hasStatement(sql)) throw new Error("this text contains no statement");
  const statement = database.prepare(sql);
  // `node:sqlite` silently ignores what follows the first statement. A trailing comment is allowed.
  if (hasStatement(sql.slice(statement.sourceSQL.length))) {
    throw new Error("this text contains more than one statement");
  }
  statement.setReturnArrays(true);
  let reader: Reader | undefined;
  const rows = (): Reader => (reader ??= createReader(cuts ? readWhole(database, statement) : { statement }));
  return {
    run: (...values) => void statement.run(...values),
    get: (...values) => rows().get(values),
    all: (...values) => rows().all(values),
    columns: () => statement.columns().map(({ name }) => name),
  };
}
