import { invalidArgument } from "../../errors.ts";
import { checkValue } from "../../read-models/sql.ts";
import { withoutEnd } from "../../read-models/sql-text.ts";
import type { SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement, SqliteValue } from "../driver.ts";

/**
 * The values of a read model's statement as every binding takes them alike: whole numbers as bigints, which are INTEGER
 * everywhere; -0, which SQLite's integers do not have, is 0. Throws `invalid-argument`.
 */
export function toParameters(values: readonly SqlValue[]): SqliteParameter[] {
  const parameters: SqliteParameter[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as SqlValue;
    if (typeof value !== "string") checkValue(value, index);
    parameters.push(Number.isInteger(value) ? BigInt(value as number) : value);
  }
  return parameters;
}

/**
 * The rows of a query: numbers are exact, bytes are plain Uint8Arrays. Throws `invalid-argument` for a whole number beyond 2^53,
 * which bindings would round.
 */
export function exactRows(
  driver: SqliteDriver,
  { statement, text }: { readonly statement: SqliteStatement; readonly text: string },
  parameters: readonly SqliteParameter[],
): readonly (readonly SqlValue[])[] {
  const rows = statement.all(...parameters).map((row) => row.map(plainBytes));
  if (rows.some((row) => row.some(mayBeRounded))) refuseRounded(driver, text, parameters, rows[0]?.length ?? 0);
  return rows;
}

/** Some bindings give bytes of a class of their own, whose `slice` does not copy. */
function plainBytes(value: SqliteValue): SqliteValue {
  if (!(value instanceof Uint8Array) || value.constructor === Uint8Array) return value;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** A REAL may be that large, and is exact. */
function mayBeRounded(value: SqliteValue): boolean {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/** Only SQLite knows whether a number is an INTEGER, so it is asked, in the transaction in which the rows were read. */
function refuseRounded(
  driver: SqliteDriver,
  text: string,
  parameters: readonly SqliteParameter[],
  columns: number,
): void {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`);
  const beyond = names.map((name) => `(typeof(${name}) = 'integer' AND ${name} NOT BETWEEN -${MOST} AND ${MOST})`);
  // A comment at its end would swallow the parenthesis.
  const asked = `WITH asked(${names.join(", ")}) AS (${withoutEnd(text)}\n)`;
  const query = `${asked} SELECT 1 FROM asked WHERE ${beyond.join(" OR ")}`;
  if (driver.prepare(query).get(...parameters) === undefined) return;
  const message = "a row holds a whole number beyond 2^53, which JavaScript would round: CAST it AS TEXT in the query";
  throw invalidArgument("sql", message);
}

const MOST = Number.MAX_SAFE_INTEGER;
