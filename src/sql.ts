import { invalidArgument } from "./errors.ts";
import type { SqlStatement, SqlTable } from "./read-model.ts";
import type { ModelQuery, SqlValue } from "./storage/protocol.ts";

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
  return {
    strings,
    values: values.map((value, index) => {
      if (typeof value === "boolean") return Number(value);
      if (value === null || typeof value === "string" || value instanceof Uint8Array || isTable(value)) return value;
      if (typeof value === "number" && !Number.isNaN(value)) return value;
      const what = typeof value === "number" ? "NaN" : typeof value;
      throw invalidArgument(
        `values[${index}]`,
        `values[${index}]: SQL keeps text, numbers, bytes and null, not ${what}`,
      );
    }),
  };
}

/** The text of a statement, with the names that its tables have in the file. Throws `invalid-argument`. */
export function render({ strings, values }: SqlStatement, nameOf: (table: SqlTable) => string): ModelQuery {
  const bound: SqlValue[] = [];
  let text = strings[0] ?? "";
  values.forEach((value, index) => {
    if (isTable(value)) text += quote(nameOf(value));
    else {
      text += "?";
      bound.push(value);
    }
    text += strings[index + 1] ?? "";
  });
  return { text, values: bound };
}

/** Throws `invalid-argument` for more than one statement. */
export function refuseSeveral(text: string): void {
  if (/;\s*\S/.test(text.replaceAll(QUOTED, ""))) {
    throw invalidArgument("sql", "one statement at a time: return a list of them where there are several");
  }
}

export function isStatement(value: unknown): value is SqlStatement {
  return typeof value === "object" && value !== null && "strings" in value && "values" in value;
}

export function checkIdentifier(name: unknown, argument: string): asserts name is string {
  if (typeof name === "string" && IDENTIFIER.test(name)) return;
  throw invalidArgument(
    argument,
    `${argument} must be letters, digits and underscores, at most 63, not ${String(name)}`,
  );
}

function quote(name: string): string {
  return `"${name}"`;
}

function isTable(value: unknown): value is SqlTable {
  return typeof value === "object" && value !== null && "table" in value;
}
