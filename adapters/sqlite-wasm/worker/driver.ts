import type { Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import {
  transactionsOf,
  type SqliteDriver,
  type SqliteParameter,
  type SqliteRow,
  type SqliteStatement,
  type SqliteValue,
} from "../../../src/adapter.ts";
import { createHeap, type Heap } from "./heap.ts";

/**
 * The functions of SQLite's C interface that are called (https://sqlite.org/c3ref/funclist.html), as the module exports them:
 * pointers are numbers, 64-bit integers are bigints. Calling them without the layers above is what makes binding fast.
 */
interface Exports {
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
}

const OK = 0;
const ROW = 100;
const DONE = 101;
const PREPARE_PERSISTENT = 1;
/** What is bound stays where it is until the statement is done with it: SQLite need not copy it. */
const STATIC = 0;
const [INTEGER, FLOAT, TEXT, BLOB] = [1, 2, 3, 4];

/** An error of SQLite's, with the name of its extended result code. */
class SqliteWasmError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface DriverOptions {
  /** Default: a database in memory. */
  readonly path?: string | undefined;
  /** The VFS that knows the path. */
  readonly vfs?: string | undefined;
}

/** A connection, and where SQLite keeps it, for what the driver does not do. */
export interface WasmDriver extends SqliteDriver {
  readonly pointer: number;
}

/** A connection of sqlite-wasm as rivulet uses it, in whichever thread this is. Throws what sqlite-wasm throws. */
export function openDriver(sqlite3: Sqlite3Static, { path = ":memory:", vfs }: DriverOptions = {}): WasmDriver {
  const database = new sqlite3.oo1.DB({ filename: path, flags: "c", ...(vfs !== undefined && { vfs }) });
  const db = database.pointer as number;
  const sqlite = sqlite3.wasm.exports as Exports;
  const heap = createHeap(sqlite3.wasm);
  const statements = new Set<number>();
  let open = true;

  function failure(): SqliteWasmError {
    const code = sqlite.sqlite3_extended_errcode(db);
    const name = sqlite3.capi.sqlite3_js_rc_str(code) ?? `SQLITE_${code}`;
    return new SqliteWasmError(name, heap.text(sqlite.sqlite3_errmsg(db)));
  }

  function prepare(sql: string): SqliteStatement {
    heap.begin(sql.length * 3 + 32);
    const start = heap.putText(sql);
    const end = start + heap.written;
    const [statement, next] = compile(start, end);
    if (statement === 0) throw new SqliteWasmError("SQLITE_ERROR", "there is no statement in this text");
    // What comes after it would never be run; a comment may.
    if (next < end && compile(next, end)[0] !== 0) {
      throw new SqliteWasmError("SQLITE_ERROR", "there is more than one statement in this text");
    }
    return createStatement(sqlite, heap, statement, failure);
  }

  /** The first statement in a text, 0 where there is none, and where the rest begins. */
  function compile(start: number, end: number): [statement: number, next: number] {
    const out = heap.reserve(8);
    if (sqlite.sqlite3_prepare_v3(db, start, end - start, PREPARE_PERSISTENT, out, out + 4) !== OK) throw failure();
    const statement = heap.pointerAt(out);
    if (statement !== 0) statements.add(statement);
    return [statement, heap.pointerAt(out + 4)];
  }

  const connection = {
    prepare,
    get inTransaction() {
      return sqlite.sqlite3_get_autocommit(db) === 0;
    },
  };
  return Object.assign(connection, {
    pointer: db,
    transaction: transactionsOf(connection),
    exec(sql: string) {
      heap.begin(sql.length * 3 + 1);
      if (sqlite.sqlite3_exec(db, heap.putText(`${sql}\0`), 0, 0, 0) !== OK) throw failure();
    },
    codeOf: (error: unknown) => (error instanceof SqliteWasmError || isTheirs(error) ? nameOf(error) : undefined),
    close() {
      if (!open) return;
      open = false;
      // With a statement left, SQLite would keep the connection, and its files, until that is gone too.
      for (const statement of statements) sqlite.sqlite3_finalize(statement);
      database.close();
      heap.free();
    },
  });

  function isTheirs(error: unknown): error is Error & { readonly resultCode: number } {
    return error instanceof sqlite3.SQLite3Error;
  }

  function nameOf(error: SqliteWasmError | { readonly resultCode: number }): string {
    if (error instanceof SqliteWasmError) return error.code;
    return sqlite3.capi.sqlite3_js_rc_str(error.resultCode) ?? `SQLITE_${error.resultCode}`;
  }
}

function createStatement(sqlite: Exports, heap: Heap, statement: number, failure: () => Error): SqliteStatement {
  const columns = sqlite.sqlite3_column_count(statement);
  const parameters = sqlite.sqlite3_bind_parameter_count(statement);

  /** Every parameter, every time: what was bound before may have been overwritten since. */
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
      return sqlite.sqlite3_bind_text(statement, index, text, heap.written, STATIC);
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
    // Exact: rivulet keeps no integer beyond 2^53.
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

/** The most bytes that these values can take up in the scratch buffer. */
function sizeOf(values: readonly SqliteParameter[]): number {
  let size = 0;
  for (const value of values) {
    if (typeof value === "string") size += value.length * 3;
    else if (value instanceof Uint8Array) size += value.length;
  }
  return size;
}
