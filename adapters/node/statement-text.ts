import { splitStatement } from "../../src/adapter.ts";
import type { BoundDatabase } from "./bound-database.ts";

/** What SQLite skips before a statement: white space, semicolons and comments (https://sqlite.org/lang_comment.html). */
const SKIPPED = /^(?:[ \t\n\f\r;]|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$))*/;

/**
 * Refuses a text that does not contain exactly one statement. Bindings treat others differently: some ignore all but the
 * first, and some crash if there is none.
 */
export function checkStatement(sql: string): void {
  splitStatement(sql);
  if (isNothing(sql)) throw new Error("this text contains no statement");
}

/** Whether a statement is a query, and not, say, a pragma. */
export function isQuery(sql: string): boolean {
  return /^(?:SELECT|WITH|VALUES)\b/i.test(sql.replace(SKIPPED, ""));
}

/**
 * Returns a function that runs the statements of a text. In Deno 2.9, errors have SQLite's result code only if the
 * statement was prepared.
 */
export function execWithCodes(
  database: BoundDatabase,
  codeOf: (error: unknown) => string | undefined,
): (sql: string) => void {
  try {
    database.exec("SELECT nothing");
  } catch (error) {
    if (codeOf(error) !== undefined) return (sql) => database.exec(sql);
  }
  return (sql) => runEach(database, sql);
}

function runEach(database: BoundDatabase, sql: string): void {
  for (let rest = sql; !isNothing(rest);) {
    const statement = database.prepare(rest);
    rest = rest.slice(statement.sourceSQL.length);
    statement.run();
  }
}

function isNothing(sql: string): boolean {
  return sql.replace(SKIPPED, "") === "";
}
