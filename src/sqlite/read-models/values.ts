import { invalidArgument } from "../../errors.ts";
import { checkValue } from "../../read-models/sql.ts";
import { withoutEnd } from "../../read-models/sql-text.ts";
import type { SqlValue } from "../../storage/protocol.ts";
import type { SqliteDriver, SqliteParameter, SqliteStatement, SqliteValue } from "../driver.ts";

/**
 * Converts the values of a read model's statement so that every binding stores them alike: whole numbers become bigints, which are
 * bound as INTEGER, and -0 becomes 0. Puts them into `parameters`, from index `at` on, and returns it; default: a new array.
 *
 * @throws `invalid-argument` for a value that SQLite cannot store.
 */
export function toParameters(
  values: readonly SqlValue[],
  parameters: SqliteParameter[] = [],
  at = 0,
): SqliteParameter[] {
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as SqlValue;
    if (typeof value !== "string") checkValue(value, index);
    parameters[at + index] = Number.isInteger(value) ? BigInt(value as number) : value;
  }
  return parameters;
}

/**
 * Returns the rows of a query, with exact numbers and plain Uint8Arrays.
 *
 * @throws `invalid-argument` if a row holds an integer beyond 2^53, which the binding has rounded.
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

/** Some bindings return bytes as a subclass, such as Buffer, whose `slice` does not copy. */
function plainBytes(value: SqliteValue): SqliteValue {
  if (!(value instanceof Uint8Array) || value.constructor === Uint8Array) return value;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** Whether a number may be a rounded INTEGER. A REAL of this size is exact. */
function mayBeRounded(value: SqliteValue): boolean {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/** Asks SQLite whether one of the rows holds such an INTEGER, in the transaction in which the rows were read. */
function refuseRounded(
  driver: SqliteDriver,
  text: string,
  parameters: readonly SqliteParameter[],
  columns: number,
): void {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`);
  const beyond = names.map((name) => `(typeof(${name}) = 'integer' AND ${name} NOT BETWEEN -${MOST} AND ${MOST})`);
  // The line break is for a text that ends with a comment, which would include the parenthesis.
  const asked = `WITH asked(${names.join(", ")}) AS (${withoutEnd(text)}\n)`;
  const query = `${asked} SELECT 1 FROM asked WHERE ${beyond.join(" OR ")}`;
  if (driver.prepare(query).get(...parameters) === undefined) return;
  const message = "a row holds an integer beyond 2^53, which JavaScript would round: CAST it AS TEXT in the query";
  throw invalidArgument("sql", message);
}

const MOST = Number.MAX_SAFE_INTEGER;
