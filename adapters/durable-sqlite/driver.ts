import {
  joinStatement,
  splitStatement,
  type SqliteDriver,
  type SqliteParameter,
  type SqliteRow,
  type SqliteStatement,
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
  let last: ReturnType<typeof sql.exec> | undefined;

  function execute(values: readonly SqliteParameter[]): ReturnType<typeof sql.exec> {
    let whole = plain;
    const bound = values.map((value) => {
      if (typeof value !== "bigint") return value;
      whole = joinStatement(parts, values);
      return Number(value);
    });
    return (last = sql.exec(whole, ...bound));
  }

  /** Reads all rows, because the platform does not commit while a statement has rows left. */
  function all(...values: SqliteParameter[]): SqliteRow[] {
    const rows = [...execute(values).raw()];
    for (const row of rows) {
      for (const [index, value] of row.entries()) if (value instanceof ArrayBuffer) row[index] = new Uint8Array(value);
    }
    return rows as unknown as SqliteRow[];
  }

  return {
    // The cheapest way to read to the end.
    run: (...values) => void execute(values).toArray(),
    get: (...values) => all(...values)[0],
    all,
    columns: () => last?.columnNames ?? [],
  };
}

/** Reads the result code from the end of the message: "…: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)". */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, code, extended] = /: (SQLITE_[A-Z_]+)(?: \(extended: (SQLITE_[A-Z_]+)\))?$/.exec(error.message) ?? [];
  return extended ?? code;
}
