import type { SqliteRow, SqliteValue } from "../../src/adapter.ts";
import type { Database, Statement } from "./binding.ts";
import type { Query } from "./reader.ts";
import { isQuery } from "./sql-text.ts";

/** Whether this runtime reads texts only up to their first NUL, as Deno 2.9 and Node 22 do. It binds them whole. */
export function cutsTexts(database: Database): boolean {
  const { text } = database.prepare("SELECT 'a' || char(0) || 'b' AS text").get() as { readonly text: string };
  return text !== "a\0b";
}

/**
 * Prepares a query for a runtime that cuts texts: it reads a text that contains a NUL as bytes, and further columns
 * tell which values these are. A statement that is no query, such as a pragma, is left as it is.
 */
export function readWhole(database: Database, query: Statement): Query {
  const sql = query.sourceSQL.replace(/;$/, "");
  if (!isQuery(sql)) return { statement: query };
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
  return { statement, restore: (row) => restore(row, columns.length) };
}

/** How many columns share one of the further columns: SQLite limits the depth of an expression. */
const FLAGS = 30;

const hasNul = (name: string): string => `(typeof(${name}) = 'text' AND instr(${name}, char(0)) > 0)`;

const flagsOf = (columns: readonly string[]): string =>
  columns.map((name, index) => `(${hasNul(name)} << ${index})`).join(" | ");

function restore(row: SqliteValue[], columns: number): SqliteRow {
  for (const [group, flags] of row.splice(columns).entries()) {
    if (flags === 0) continue;
    for (let index = 0; index < FLAGS; index++) {
      const column = group * FLAGS + index;
      if (((flags as number) >> index) & 1) row[column] = UTF_8.decode(row[column] as Uint8Array);
    }
  }
  return row;
}

const UTF_8 = new TextDecoder("utf-8", { ignoreBOM: true });
