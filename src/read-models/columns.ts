import { invalidArgument } from "../errors.ts";
import type { PerDialect, SqlValue } from "../storage/protocol.ts";
import { isPerDialect } from "./dialects.ts";
import type { SqlTable } from "./read-model.ts";
import { checkIdentifier } from "./sql-fragments.ts";

/** The rows of a table whose columns are an object of definitions, such as `{ name: "TEXT PRIMARY KEY", balance: "REAL NOT NULL" }`. */
export type ColumnsRow<Columns> = {
  -readonly [Name in keyof Columns]:
    | TypedValue<Uppercase<Columns[Name] & string>>
    | (IsRequired<Uppercase<Columns[Name] & string>> extends true ? never : null);
};

/** The rows of a table, as `SELECT *` gives them. */
export type RowOf<Table extends SqlTable<unknown>> = Table extends SqlTable<infer Row> ? Row : never;

/** The value of a column that is not null, of the types of STRICT tables. */
type TypedValue<Definition extends string> = Definition extends `INT${string}` | `REAL${string}`
  ? number
  : Definition extends `TEXT${string}`
    ? string
    : Definition extends `BLOB${string}`
      ? Uint8Array
      : SqlValue;

/** In STRICT tables, the columns of a primary key are never null (https://sqlite.org/stricttables.html). */
type IsRequired<Definition extends string> = Definition extends
  | `${string}NOT NULL${string}`
  | `${string}PRIMARY KEY${string}`
  ? true
  : false;

/** Columns as what stands in the parentheses of CREATE TABLE. @throws `invalid-argument` for an invalid name or definition. */
export function columnsText(table: string, columns: unknown): string | PerDialect<string> {
  if (typeof columns !== "object" || columns === null || isPerDialect(columns)) return columns as string;
  return Object.entries(columns)
    .map(([name, definition]: [string, unknown]) => {
      checkIdentifier(name, "columns");
      if (typeof definition === "string" && definition.trim() !== "") return `${name} ${definition}`;
      throw invalidArgument("columns", `the column "${name}" of "${table}" has no definition, such as "TEXT NOT NULL"`);
    })
    .join(", ");
}
