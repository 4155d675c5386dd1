import type { SqliteParameter, SqliteRow, SqliteStatement, SqliteValue } from "../../../src/adapter.ts";
import type { Heap } from "./heap.ts";

/**
 * The functions of SQLite's C interface that are called (https://sqlite.org/c3ref/funclist.html), as the module exports
 * them: pointers are numbers, 64-bit integers are bigints. Calling them directly, without the layers above, makes
 * binding fast.
 */
export interface Exports {
  sqlite3_prepare_v3(db: number, sql: number, bytes: number, flags: number, out: number, tail: number): number;
  sqlite3_bind_parameter_count(statement: number): number;
  sqlite3_bind_null(statement: number, index: number): number;
  sqlite3_bind_int(statement: number, index: number, value: number): number;
  sqlite3_bind_int64(statement: number, index: number, value: bigint): number;
  sqlite3_bind_double(statement: number, index: number, value: number): number;
  sqlite3_bind_text(statement: number, index: number, text: number, bytes: number, destructor: number): number;
  sqlite3_bind_blob(statement: number, index: number, blob: number, bytes: number, destructor: number): number;
  sqlite3_step(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_finalize(statement: number): number;
  sqlite3_column_count(statement: number): number;
  sqlite3_column_name(statement: number, column: number): number;
  sqlite3_column_type(statement: number, column: number): number;
  sqlite3_column_double(statement: number, column: number): number;
  sqlite3_column_text(statement: number, column: number): number;
  sqlite3_column_blob(statement: number, column: number): number;
  sqlite3_column_bytes(statement: number, column: number): number;
  sqlite3_exec(db: number, sql: number, callback: number, argument: number, message: number): number;
  sqlite3_errmsg(db: number): number;
  sqlite3_extended_errcode(db: number): number;
  sqlite3_get_autocommit(db: number): number;
  sqlite3_limit(db: number, limit: number, most: number): number;
}

export const OK = 0;
const ROW = 100;
const DONE = 101;
/** Bound values stay in place until the statement has finished: SQLite need not copy them. */
const STATIC = 0;
const [INTEGER, FLOAT, TEXT, BLOB] = [1, 2, 3, 4];

/** Wraps a compiled statement, given its pointer. `failure` creates the error for the last failed call. */
export function createStatement(sqlite: Exports, heap: Heap, statement: number, failure: () => Error): SqliteStatement {
  const columns = sqlite.sqlite3_column_count(statement);
  const parameters = sqlite.sqlite3_bind_parameter_count(statement);

  /** Binds every parameter each time, because previously bound memory may have been overwritten. */
  function bindAll(values: readonly SqliteParameter[]): void {
    if (values.length !== parameters) throw new RangeError(`${parameters} values are needed, not ${values.length}`);
    heap.begin(sizeOf(values));
    for (let index = 0; index < values.length; index++) {
      if (bind(index + 1, values[index] as SqliteParameter) !== OK) throw failure();
    }
  }

  function bind(index: number, value: SqliteParameter): number {
    if (value === null) return sqlite.sqlite3_bind_null(statement, index);
    if (typeof value === "number") return bindNumber(index, value);
    if (typeof value === "bigint") return sqlite.sqlite3_bind_int64(statement, index, value);
    if (typeof value === "string") {
      const text = heap.putText(value);
      return sqlite.sqlite3_bind_text(statement, index, text, heap.written(), STATIC);
    }
    return sqlite.sqlite3_bind_blob(statement, index, heap.putBytes(value), value.length, STATIC);
  }

  function bindNumber(index: number, value: number): number {
    if ((value | 0) === value) return sqlite.sqlite3_bind_int(statement, index, value);
    if (Number.isSafeInteger(value)) return sqlite.sqlite3_bind_int64(statement, index, BigInt(value));
    return sqlite.sqlite3_bind_double(statement, index, value);
  }

  function step(): boolean {
    const code = sqlite.sqlite3_step(statement);
    if (code === ROW) return true;
    if (code === DONE) return false;
    throw failure();
  }

  function row(): SqliteRow {
    const values: SqliteValue[] = [];
    for (let column = 0; column < columns; column++) values.push(read(column));
    return values;
  }

  function read(column: number): SqliteValue {
    const type = sqlite.sqlite3_column_type(statement, column);
    // Exact: rivulet stores no integer beyond 2^53.
    if (type === INTEGER || type === FLOAT) return sqlite.sqlite3_column_double(statement, column);
    if (type === TEXT) {
      const text = sqlite.sqlite3_column_text(statement, column);
      return heap.text(text, sqlite.sqlite3_column_bytes(statement, column));
    }
    if (type !== BLOB) return null;
    const blob = sqlite.sqlite3_column_blob(statement, column);
    return heap.bytes(blob, sqlite.sqlite3_column_bytes(statement, column));
  }

  function using<T>(values: readonly SqliteParameter[], work: () => T): T {
    bindAll(values);
    try {
      return work();
    } finally {
      sqlite.sqlite3_reset(statement);
    }
  }

  return {
    run: (...values) =>
      using(values, () => {
        while (step());
      }),
    get: (...values) => using(values, () => (step() ? row() : undefined)),
    columns: () => countTo(columns).map((column) => heap.text(sqlite.sqlite3_column_name(statement, column))),
    all: (...values) =>
      using(values, () => {
        const rows: SqliteRow[] = [];
        while (step()) rows.push(row());
        return rows;
      }),
  };
}

function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The most bytes that these values need in the scratch buffer. */
function sizeOf(values: readonly SqliteParameter[]): number {
  let size = 0;
  for (const value of values) {
    if (typeof value === "string") size += value.length * 3;
    else if (value instanceof Uint8Array) size += value.length;
  }
  return size;
}
