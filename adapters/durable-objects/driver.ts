import {
  joinStatement,
  splitStatement,
  type SqliteDriver,
  type SqliteParameter,
  type SqliteRow,
  type SqliteStatement,
  type SqliteValue,
} from "../../src/adapter.ts";
import type { DurableObjectStorage } from "./platform.ts";

/** Opens the database of a Durable Object as a driver. */
export function openDriver(storage: DurableObjectStorage): SqliteDriver {
  const { sql } = storage;
  let inTransaction = false;

  /** A read needs no transaction: the object is the only user of its database, and no other code runs during synchronous work. */
  function transaction<T>(mode: "read" | "write", work: () => T): T {
    const marked = (): T => {
      inTransaction = true;
      try {
        return work();
      } finally {
        inTransaction = false;
      }
    };
    return mode === "write" ? storage.transactionSync(marked) : marked();
  }

  return {
    prepare: (text) => prepare(sql, text),
    exec: (text) => void sql.exec(text),
    transaction,
    get inTransaction() {
      return inTransaction;
    },
    codeOf,
    close: () => undefined,
    pragmas: { size: () => sql.databaseSize, reserved: "_cf_" },
  };
}

/** Compiles nothing: the platform compiles a statement when it first runs, and caches it by its text. */
function prepare(sql: DurableObjectStorage["sql"], text: string): SqliteStatement {
  const parts = splitStatement(text);
  const plain = parts.join("?");
  let columns: readonly string[] = [];

  /** Reads all rows, because the platform does not commit while a statement has rows left. */
  function all(...values: SqliteParameter[]): SqliteRow[] {
    const whole = values.some((value) => typeof value === "bigint") ? joinStatement(parts, values) : plain;
    const cursor = sql.exec(whole, ...values.map(toNumber));
    columns = cursor.columnNames;
    return Array.from(cursor.raw(), (row) => row.map(toBytes) as unknown as SqliteRow);
  }

  return {
    run: (...values) => void all(...values),
    get: (...values) => all(...values)[0],
    all,
    columns: () => columns,
  };
}

function toNumber(value: SqliteParameter): SqliteValue {
  return typeof value === "bigint" ? Number(value) : value;
}

function toBytes(value: unknown): unknown {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}

/** Reads the result code from the end of the message: "…: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)". */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, code, extended] = /: (SQLITE_[A-Z_]+)(?: \(extended: (SQLITE_[A-Z_]+)\))?$/.exec(error.message) ?? [];
  return extended ?? code;
}
