import type { Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { transactionsOf, type SqliteDriver, type SqliteStatement } from "../../../src/adapter.ts";
import { createHeap } from "./heap.ts";
import { createStatement, OK, type Exports } from "./statement.ts";

const PREPARE_PERSISTENT = 1;

/** The number of SQLite's virtual machine steps between two checks of the clock: about twenty rows, each of which may call slow functions. */
const STEPS_BETWEEN_LOOKS = 100;

/**
 * Limits in bytes while time is limited (https://sqlite.org/c3ref/c_limit_attached.html): SQLite does not check the clock within a
 * function call, which should take a second at most.
 */
const LIMITS = [
  ["SQLITE_LIMIT_LENGTH", 64 * 1024 * 1024],
  ["SQLITE_LIMIT_LIKE_PATTERN_LENGTH", 1_000],
] as const;

/** An error of SQLite, with the name of its extended result code. */
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
  /** The VFS that has the file of `path`. */
  readonly vfs?: string | undefined;
}

/** A connection, with its pointer in SQLite's memory, for calls that the driver lacks. */
export interface WasmDriver extends SqliteDriver {
  readonly pointer: number;
}

/** Opens a connection of sqlite-wasm as a driver for rivulet, in any thread. @throws the errors of sqlite-wasm. */
export function openDriver(sqlite3: Sqlite3Static, { path = ":memory:", vfs }: DriverOptions = {}): WasmDriver {
  const database = new sqlite3.oo1.DB({ filename: path, flags: "c", ...(vfs !== undefined && { vfs }) });
  const db = database.pointer as number;
  // Only statements meant for that can change the schema and SQLite's own tables.
  sqlite3.capi.sqlite3_db_config(db, sqlite3.capi.SQLITE_DBCONFIG_DEFENSIVE, 1, 0);
  const sqlite = sqlite3.wasm.exports as Exports;
  const heap = createHeap(sqlite3.wasm);
  const statements = new Set<number>();
  let open = true;
  let watching = false;
  /** When a running statement is interrupted. */
  let deadline = Infinity;

  function failure(): SqliteWasmError {
    const code = sqlite.sqlite3_extended_errcode(db);
    const name = sqlite3.capi.sqlite3_js_rc_str(code) ?? `SQLITE_${code}`;
    return new SqliteWasmError(name, heap.text(sqlite.sqlite3_errmsg(db)));
  }

  /** Installed once: SQLite calls it so rarely that its cost cannot be measured. */
  function watchTime(): void {
    if (watching) return;
    watching = true;
    const isOver = (): number => (performance.now() > deadline ? 1 : 0);
    sqlite3.capi.sqlite3_progress_handler(db, STEPS_BETWEEN_LOOKS, isOver, 0);
  }

  function prepare(sql: string): SqliteStatement {
    heap.begin(sql.length * 3 + 32);
    const start = heap.putText(sql);
    const end = start + heap.written();
    const [statement, next] = compile(start, end);
    if (statement === 0) throw new SqliteWasmError("SQLITE_ERROR", "this text contains no statement");
    // A second statement would never run; a trailing comment is allowed.
    if (next < end && compile(next, end)[0] !== 0) {
      throw new SqliteWasmError("SQLITE_ERROR", "this text contains more than one statement");
    }
    return createStatement(sqlite, heap, statement, failure);
  }

  /** Compiles the first statement of a text. Returns 0 if there is none, and the start of the remaining text. */
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
    within<T>(timeout: number, work: () => T): T {
      watchTime();
      deadline = performance.now() + timeout;
      const before = LIMITS.map(([name, most]) => sqlite.sqlite3_limit(db, sqlite3.capi[name], most));
      try {
        return work();
      } finally {
        deadline = Infinity;
        LIMITS.forEach(([name], index) => sqlite.sqlite3_limit(db, sqlite3.capi[name], before[index] as number));
      }
    },
    codeOf: (error: unknown) => (error instanceof SqliteWasmError || isTheirs(error) ? nameOf(error) : undefined),
    close() {
      if (!open) return;
      open = false;
      // With an open statement, SQLite would keep the connection and its files open.
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
