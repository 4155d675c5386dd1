import type { SqliteRow, SqliteValue } from "../../src/adapter.ts";
import type { BoundDatabase, BoundStatement } from "./bound-database.ts";
import { rounded } from "./rounded.ts";
import { isQuery } from "./statement-text.ts";

/** Reads the rows of a statement. */
export interface RowReader {
  get(values: readonly unknown[]): SqliteRow | undefined;
  all(values: readonly unknown[]): SqliteRow[];
}

/** Whether this runtime reads texts only up to their first NUL, as Deno 2.9 and Node 22 do. It binds them whole. */
export function cutsTexts(database: BoundDatabase): boolean {
  const [text] = Object.values(database.prepare("SELECT 'a' || char(0) || 'b'").get() ?? []) as unknown[];
  return text !== "a\0b";
}

/** Reads the rows of a statement as they are. */
export function plainReader(statement: BoundStatement): RowReader {
  return {
    get: (values) => rounded(statement, "get", values),
    all: (values) => rounded(statement, "all", values),
  };
}

/**
 * Reads the rows of a statement in a runtime that cuts texts: a text that contains a NUL is read as bytes, and further
 * columns tell which values these are. A statement that is no query, such as a pragma, is left as it is.
 */
export function wholeReader(database: BoundDatabase, query: BoundStatement): RowReader {
  const sql = query.sourceSQL.replace(/;$/, "");
  if (!isQuery(sql)) return plainReader(query);
  const columns = query.columns().map((_, index) => `c${index}`);
  const values = columns.map((name) => `iif(${hasNul(name)}, CAST(${name} AS BLOB), ${name})`);
  const flags: string[] = [];
  for (let first = 0; first < columns.length; first += FLAGS) flags.push(flagsOf(columns.slice(first, first + FLAGS)));
  // Without this, SQLite may compute an expression once for each mention of its column.
  const hint = /\brandom/i.test(sql) ? "MATERIALIZED" : "";
  // The line break ends a comment.
  const whole = `WITH "whole texts"(${columns.join(", ")}) AS ${hint} (${sql}\n)`;
  const statement = database.prepare(`${whole} SELECT ${[...values, ...flags].join(", ")} FROM "whole texts"`);
  statement.setReturnArrays(true);
  const { get, all } = plainReader(statement);
  return {
    get(given) {
      const row = get(given);
      return row && restore(row, columns.length);
    },
    all: (given) => all(given).map((row) => restore(row, columns.length)),
  };
}

/** How many columns share one of the further columns: SQLite limits the depth of an expression. */
const FLAGS = 30;

const hasNul = (name: string): string => `(typeof(${name}) = 'text' AND instr(${name}, char(0)) > 0)`;

const flagsOf = (columns: readonly string[]): string =>
  columns.map((name, index) => `(${hasNul(name)} << ${index})`).join(" | ");

function restore(whole: SqliteRow, columns: number): SqliteRow {
  const row: SqliteValue[] = whole.slice(0, columns);
  for (const [group, flags] of whole.slice(columns).entries()) {
    if (flags === 0) continue;
    for (let index = 0; index < FLAGS; index++) {
      const column = group * FLAGS + index;
      if (((flags as number) >> index) & 1) row[column] = UTF_8.decode(row[column] as Uint8Array);
    }
  }
  return row;
}

const UTF_8 = new TextDecoder("utf-8", { ignoreBOM: true });
