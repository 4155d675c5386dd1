import type { SqliteParameter, SqliteRow, SqliteValue } from "../../src/adapter.ts";
import type { Statement } from "./binding.ts";

/** A statement that returns rows as arrays. */
export interface Query {
  readonly statement: Statement;
  /** Makes the row that was asked for from a row of this statement. Default: they are the same. */
  readonly restore?: (row: SqliteValue[]) => SqliteRow;
}

/** Reads the rows of a query. */
export interface Reader {
  get(values: readonly SqliteParameter[]): SqliteRow | undefined;
  all(values: readonly SqliteParameter[]): SqliteRow[];
}

export function createReader({ statement, restore }: Query): Reader {
  return {
    get(values) {
      const row = rounded(statement, () => statement.get(...values)) as SqliteValue[] | undefined;
      return row === undefined || restore === undefined ? row : restore(row);
    },
    all(values) {
      const rows = rounded(statement, () => statement.all(...values)) as SqliteValue[][];
      return restore === undefined ? rows : rows.map(restore);
    },
  };
}

/**
 * `node:sqlite` refuses to read an integer beyond 2^53. A driver returns the nearest number; its callers decide whether
 * that is an error.
 */
function rounded(statement: Statement, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ERR_OUT_OF_RANGE") throw error;
    statement.setReadBigInts(true);
    try {
      return toNumbers(read());
    } finally {
      statement.setReadBigInts(false);
    }
  }
}

function toNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toNumbers);
  return typeof value === "bigint" ? Number(value) : value;
}
