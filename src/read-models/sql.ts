import { checkOptions } from "../validate.ts";
import { type EventStoreError, invalidArgument } from "../errors.ts";
import { columnsText, type ColumnsRow } from "./columns.ts";
import { isPerDialect, ofDialect } from "./dialects.ts";
import type { SqlStatement, SqlTable, SqlText } from "./read-model.ts";
import { checkIdentifier, compose, isFragment, isStatement } from "./sql-fragments.ts";
import { bareSql, isBalanced } from "./sql-text.ts";
import { refuseValueTerms } from "./value-terms.ts";
import type { PerDialect, SqlDialect, SqlValue } from "../storage/protocol.ts";

/** A lone surrogate, which UTF-8, and therefore SQLite, cannot store. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Named and numbered parameters. No operator of SQLite has these characters (https://sqlite.org/lang_expr.html#varparam). */
const PARAMETER = /\?\d|[:@#]|(?:^|[^\w$\u0080-\uffff])\$/;

/** A value to bind (true is 1, false is 0), a list of values, a table of the read model, or a part of the statement made with `sql`. */
export type SqlInput = SqlValue | boolean | SqlTable | SqlStatement | readonly (SqlValue | boolean)[];

/** How to make a table. */
export interface TableOptions {
  /** The columns of each index, such as `["origin, day DESC"]`, or those for each dialect of SQL; default: no indexes. */
  readonly indexes?: readonly string[] | PerDialect<readonly string[]> | undefined;
}

/**
 * Defines a table of a read model. Tables are STRICT: every column has one of the types INTEGER, REAL, TEXT, BLOB and ANY
 * (https://sqlite.org/stricttables.html). In PostgreSQL these are translated, without ANY; columns of its other types are given for it
 * alone: `{ sqlite: "data TEXT", postgres: "data jsonb" }`. If the columns are an object, `RowOf<typeof accounts>` is the type of a row.
 *
 * @throws `invalid-argument` for an invalid name, column definition or index.
 * @example
 * ```ts
 * const deposits = table("deposits", { position: "INTEGER PRIMARY KEY", amount: "REAL NOT NULL" }, {
 *   indexes: ["amount DESC"],
 * });
 * console.log(deposits.columns); // → position INTEGER PRIMARY KEY, amount REAL NOT NULL
 * ```
 */
export function table(name: string, columns: string | PerDialect<string>, options?: TableOptions): SqlTable;
export function table<const Columns extends Readonly<Record<string, string>>>(
  name: string,
  columns: Columns,
  options?: TableOptions,
): SqlTable<ColumnsRow<Columns>>;
export function table(name: string, given: unknown, options: TableOptions = {}): SqlTable {
  checkIdentifier(name, "table");
  checkOptions(options, ["indexes"]);
  const { indexes = [] } = options;
  const columns = columnsText(name, given);
  if (!everyText(columns).every(standsInParentheses)) {
    throw invalidArgument("columns", `the columns of "${name}" must be what stands in the parentheses of CREATE TABLE`);
  }
  const lists = everyText(indexes);
  if (!lists.every((list) => Array.isArray(list) && list.every(standsInParentheses))) {
    throw invalidArgument(
      "indexes",
      `the indexes of "${name}" must each be what stands in the parentheses of CREATE INDEX`,
    );
  }
  return { table: name, columns, indexes: Array.isArray(indexes) ? [...indexes] : indexes };
}

/** Returns what is given, or what is given for each dialect. */
function everyText(given: unknown): unknown[] {
  return isPerDialect(given) ? Object.values(given).filter((one) => one !== undefined) : [given];
}

function standsInParentheses(text: unknown): boolean {
  if (typeof text !== "string" || text.includes("\0") || LONE_SURROGATE.test(text)) return false;
  const bare = bareSql(text);
  return bare.trim() !== "" && !bare.includes(";") && isBalanced(bare);
}

/**
 * Makes one SQL statement from a template. Tables become names, parts made with `sql` become text, lists become `(?, ?)`, and all other
 * values are bound: whole numbers as INTEGER, others as REAL.
 *
 * @throws `invalid-argument` for values that SQLite cannot store exactly: NaN, infinities, whole numbers beyond 2^53, and text with a
 * lone surrogate; and for an empty list.
 * @example
 * ```ts
 * const least = 50;
 * const chosen = sql`balance >= ${least} AND name IN ${["Ada", "Bo"]}`;
 * const rich = sql`SELECT name FROM ${accounts} WHERE ${chosen} ORDER BY ${identifier("name")}`;
 * console.log(rich.values.slice(1)); // → [ 50, 'Ada', 'Bo' ]
 * ```
 */
export function sql(strings: TemplateStringsArray, ...values: readonly SqlInput[]): SqlStatement {
  // Not copied: the array belongs to this call, and a long history makes many statements.
  const checked = values as (SqlValue | SqlTable)[];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as SqlInput;
    if (isFragment(value)) return compose(strings, values, toBound);
    checked[index] = toBound(value, index);
  }
  return { strings, values: checked };
}

function toBound(value: unknown, index: number): SqlValue | SqlTable {
  if (typeof value === "boolean") return Number(value);
  if (isTable(value)) return value;
  checkValue(value, index);
  return value;
}

/** Refuses values that a statement cannot bind. @throws `invalid-argument`. */
export function checkValue(value: unknown, index: number): asserts value is SqlValue {
  if (typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return;
  if (typeof value === "string" && !LONE_SURROGATE.test(value)) return;
  if (value === null || value instanceof Uint8Array) return;
  throw notKept(index, value);
}

function notKept(index: number, value: unknown): EventStoreError {
  const place = `values[${index}]`;
  return invalidArgument(place, `${place}: SQL keeps text, numbers, bytes and null, not ${whyNot(value)}`);
}

function whyNot(value: unknown): string {
  if (typeof value === "string") return "half of a surrogate pair: call toWellFormed() on the text";
  if (typeof value === "bigint") return "a bigint: make it a number, or text where it is beyond 2^53";
  if (value instanceof Date) return "a Date: give getTime() or toISOString()";
  if (typeof value === "number") {
    return Number.isFinite(value) ? "whole numbers beyond 2^53, which have lost digits: give text" : String(value);
  }
  return typeof value === "object" ? "an object: give JSON.stringify of it" : typeof value;
}

/** A statement for the storage: its text and the values to bind. */
export interface BoundStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** A compiled text, the tables among the template's values by index, and the number of the other values, which are bound. */
interface Compiled {
  readonly text: string;
  readonly tables: readonly (SqlTable | undefined)[];
  readonly parameters: number;
}

/**
 * Returns a function that compiles statements to text and values, with the names of the tables in the file. It throws
 * `invalid-argument`. A template literal gives the same array of pieces at every evaluation, so its text is composed once;
 * a statement that has parts is composed each time.
 */
export function createCompiler(
  nameOf: (table: SqlTable) => string,
  dialect: SqlDialect | undefined,
): (statement: SqlText) => BoundStatement {
  const known = new WeakMap<readonly string[], Compiled>();
  let lastStrings: readonly string[] | undefined;
  let last: Compiled | undefined;

  return (given) => {
    const statement = ofDialect(given, dialect, "this statement");
    if (!isStatement(statement)) throw invalidArgument("sql", "a statement is made with the sql tag");
    const { strings, values } = statement;
    const found = strings === lastStrings ? last : known.get(strings);
    lastStrings = strings;
    last = found;
    const bound = found && bind(found, values);
    if (found !== undefined && bound !== undefined) return { text: found.text, values: bound };
    last = compile(statement, nameOf, dialect);
    known.set(strings, last);
    return { text: last.text, values: bind(last, values) ?? [] };
  };
}

/** Returns the values to bind, or undefined if the tables are not those that the text was compiled with. */
function bind({ tables, parameters }: Compiled, values: SqlStatement["values"]): SqlValue[] | undefined {
  // Of the length that it will have: an array that grows takes three times the memory, and a batch keeps thousands.
  const bound = values.slice(0, parameters) as SqlValue[];
  let at = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as SqlValue | SqlTable;
    const expected = tables[index];
    if (expected !== undefined ? expected !== value : isTable(value)) return undefined;
    if (expected === undefined) bound[at++] = value as SqlValue;
  }
  return bound;
}

function compile(
  { strings, values }: SqlStatement,
  nameOf: (table: SqlTable) => string,
  dialect: SqlDialect | undefined,
): Compiled {
  const tables = values.map((value) => (isTable(value) ? value : undefined));
  const names = tables.map((one) => one && nameOf(one));
  return {
    text: dialect === undefined ? composeForSqlite(strings, names) : dialect.compose(strings, names),
    tables,
    parameters: tables.filter((one) => one === undefined).length,
  };
}

function composeForSqlite(pieces: readonly string[], names: readonly (string | undefined)[]): string {
  const between = names.map((name) => (name === undefined ? "?" : `"${name}"`));
  const text = pieces.map((piece, index) => piece + (between[index] ?? "")).join("");
  checkText(text, between.filter((one) => one === "?").length);
  return text;
}

function checkText(text: string, values: number): void {
  if (text.includes("\0") || LONE_SURROGATE.test(text)) {
    throw invalidArgument(
      "sql",
      "a statement's text has no NUL and no half of a surrogate pair: give such text as a value",
    );
  }
  const bare = bareSql(text);
  if (!/[^\s;]/.test(bare)) throw invalidArgument("sql", "this statement is empty");
  if (/;\s*[^\s;]/.test(bare)) {
    throw invalidArgument("sql", "one statement at a time: return a list of them where there are several");
  }
  if (bare.split("?").length - 1 !== values || PARAMETER.test(bare)) {
    const message = "values are given as ${…}, not inside quotes or comments, and not as ?, :name, @name or $name";
    throw invalidArgument("sql", message);
  }
  refuseValueTerms(bare, "?");
}

export function isTable(value: unknown): value is SqlTable {
  return typeof value === "object" && value !== null && "table" in value;
}

/** Refuses a table that a statement may not name. @throws `invalid-argument`. */
export function raiseForeign({ table: name }: SqlTable, where: string): never {
  throw invalidArgument("sql", `"${name}" is no table of ${where}`);
}
