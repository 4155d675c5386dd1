import { invalidArgument } from "../../errors.ts";
import type { SqlValue } from "../../storage/protocol.ts";
import type { PostgresResult } from "../driver.ts";

/** The oids of types (https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat). */
const BOOL = 16;
const BYTEA = 17;
const WHOLE: ReadonlySet<number> = new Set([20, 21, 23, 26]);
const FLOATS: ReadonlySet<number> = new Set([700, 701]);
const NUMERIC = 1700;

/**
 * Returns the rows of a query with the values that SQLite would give: numbers for all types of numbers, 1 and 0 for true and false,
 * bytes, and text for everything else.
 *
 * @throws `invalid-argument` if a row holds an integer or a numeric beyond 2^53.
 */
export function exactRows({ columns, rows }: PostgresResult): readonly (readonly SqlValue[])[] {
  const readers = columns.map(({ type }) => readerOf(type));
  return rows.map((row) =>
    row.map((text, index) => (text === null ? null : (readers[index] as (text: string) => SqlValue)(text))),
  );
}

function readerOf(type: number): (text: string) => SqlValue {
  if (type === BOOL) return (text) => (text === "t" ? 1 : 0);
  if (type === BYTEA) return toBytes;
  // Not -0.
  if (FLOATS.has(type)) return (text) => Number(text) + 0;
  if (WHOLE.has(type) || type === NUMERIC) return toExactNumber;
  return (text) => text;
}

function toExactNumber(text: string): number {
  const number = Number(text);
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER || !/\d/.test(text)) return number + 0;
  const message = "a row holds an integer beyond 2^53, which JavaScript would round: CAST it AS TEXT in the query";
  throw invalidArgument("sql", message);
}

/** Reads the format "hex" (https://www.postgresql.org/docs/current/datatype-binary.html). */
function toBytes(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(2 * index + 2, 2 * index + 4), 16);
  }
  return bytes;
}
