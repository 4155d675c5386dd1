import { invalidArgument, type EventStoreError } from "./errors.ts";
import type { SqlStatement, SqlTable } from "./read-model.ts";
import type { SqlValue } from "./storage/protocol.ts";
import { describe } from "./thrown.ts";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** What stands in quotes or comments, where a semicolon ends nothing (https://sqlite.org/lang_comment.html). */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)/g;

/** What a statement may hold: values, which are bound (true is 1, false is 0), and tables of the model. */
export type SqlInput = SqlValue | boolean | SqlTable;

export interface TableOptions {
  /** What to index, such as "origin, day DESC". */
  readonly indexes?: readonly string[] | undefined;
}

/** A table for a read model: `table("airports", "code TEXT PRIMARY KEY, flights INTEGER NOT NULL")`. Throws `invalid-argument`. */
export function table(name: string, columns: string, { indexes = [] }: TableOptions = {}): SqlTable {
  checkIdentifier(name, "table");
  for (const text of [columns, ...indexes]) {
    if (typeof text !== "string" || text.trim() === "" || text.replaceAll(QUOTED, "").includes(";")) {
      throw invalidArgument(
        "columns",
        `the columns of "${name}" must be what stands in the parentheses of CREATE TABLE`,
      );
    }
  }
  return { table: name, columns, indexes: [...indexes] };
}

/**
 * One SQL statement: sql`UPDATE ${airports} SET flights = flights + 1 WHERE code = ${code}`. Tables become names, anything else
 * a bound value. Throws `invalid-argument` for what SQL cannot keep, and for more than one statement.
 */
export function sql(strings: TemplateStringsArray, ...values: readonly SqlInput[]): SqlStatement {
  // The list is this call's own, and need not be copied for every statement of a long history.
  const checked = values as (SqlValue | SqlTable)[];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as SqlInput;
    if (typeof value === "string" || (typeof value === "number" && !Number.isNaN(value))) continue;
    if (typeof value === "boolean") checked[index] = Number(value);
    else if (value !== null && !isTable(value) && !(value instanceof Uint8Array)) throw notKept(index, value);
  }
  return { strings, values: checked };
}

function notKept(index: number, value: unknown): EventStoreError {
  const what = typeof value === "number" ? "NaN" : typeof value;
  return invalidArgument(`values[${index}]`, `values[${index}]: SQL keeps text, numbers, bytes and null, not ${what}`);
}

/** What goes to SQLite: a text, and the values that are bound to it. */
export interface BoundStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** A text, where its tables stand among what was given, and what stands there. */
interface Compiled {
  readonly text: string;
  readonly tables: readonly (SqlTable | undefined)[];
}

/**
 * Makes what turns statements into texts and values, with the names that tables have in the file. A template's pieces are one
 * and the same array at every evaluation, so that its text is put together once. It throws `invalid-argument`.
 */
export function createCompiler(nameOf: (table: SqlTable) => string): (statement: SqlStatement) => BoundStatement {
  const known = new Map<readonly string[], Compiled>();

  return (statement) => {
    if (!isStatement(statement)) throw invalidArgument("sql", "a statement is made with the sql tag");
    const { strings, values } = statement;
    const found = known.get(strings);
    const bound = found === undefined ? undefined : bind(found, values);
    if (found !== undefined && bound !== undefined) return { text: found.text, values: bound };
    const compiled = compile(statement, nameOf);
    known.set(strings, compiled);
    return { text: compiled.text, values: bind(compiled, values) ?? [] };
  };
}

/** The values to bind; undefined: other tables stand there than when this was compiled. */
function bind({ tables }: Compiled, values: SqlStatement["values"]): SqlValue[] | undefined {
  const bound: SqlValue[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as SqlValue | SqlTable;
    if (isTable(value) ? tables[index] !== value : tables[index] !== undefined) return undefined;
    if (!isTable(value)) bound.push(value);
  }
  return bound;
}

function compile({ strings, values }: SqlStatement, nameOf: (table: SqlTable) => string): Compiled {
  const tables = values.map((value) => (isTable(value) ? value : undefined));
  const names = tables.map((one) => (one === undefined ? "?" : `"${nameOf(one)}"`));
  const text = strings.map((piece, index) => piece + (names[index] ?? "")).join("");
  if (/;\s*\S/.test(text.replaceAll(QUOTED, ""))) {
    throw invalidArgument("sql", "one statement at a time: return a list of them where there are several");
  }
  return { text, tables };
}

function isStatement(value: unknown): value is SqlStatement {
  return typeof value === "object" && value !== null && "strings" in value && "values" in value;
}

export function checkIdentifier(name: unknown, argument: string): asserts name is string {
  if (typeof name === "string" && IDENTIFIER.test(name)) return;
  throw invalidArgument(
    argument,
    `${argument} must be letters, digits and underscores, at most 63, not ${describe(name)}`,
  );
}

function isTable(value: unknown): value is SqlTable {
  return typeof value === "object" && value !== null && "table" in value;
}

/** Throws the `invalid-argument` for a table that a statement may not name. */
export function raiseForeign({ table: name }: SqlTable, where: string): never {
  throw invalidArgument("sql", `"${name}" is no table of ${where}`);
}
