import Database from "better-sqlite3";
import type { Adapter } from "rivulet";
import {
  openSqliteStorage,
  transactionsOf,
  type SqliteDriver,
  type SqliteStatement,
  type SqliteStorageOptions,
} from "rivulet/adapter";

export interface FileAdapterOptions extends Pick<SqliteStorageOptions, "busyTimeout" | "migrations"> {
  readonly path: string;
  /** Called before every statement is prepared, or run without being prepared. */
  readonly beforeStatement?: ((sql: string) => void) | undefined;
}

export interface FileVerbs {
  /** The connection that the store writes through. */
  readonly driver: SqliteDriver;
}

/**
 * An adapter as a third party would write it, with the public entry point for adapters. A test can reach its
 * connection.
 */
export function fileAdapter({ path, beforeStatement, ...options }: FileAdapterOptions): Adapter<FileVerbs> {
  return {
    name: "test",
    async open() {
      const driver = new ClassDriver(openDriver(path, beforeStatement));
      const storage = await openSqliteStorage(driver, {
        ...options,
        info: { adapter: "test", backend: "file", persisted: true, durability: "full" },
        configure: () => driver.exec("PRAGMA journal_mode = wal; PRAGMA synchronous = full"),
      });
      return { storage, defer: setImmediate, verbs: { driver } };
    },
  };
}

/** A driver that is a class, whose private members only its own instances have. */
class ClassDriver implements SqliteDriver {
  readonly #driver: SqliteDriver;

  constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  get inTransaction(): boolean {
    return this.#driver.inTransaction;
  }

  prepare(sql: string): SqliteStatement {
    return this.#driver.prepare(sql);
  }

  exec(sql: string): void {
    this.#driver.exec(sql);
  }

  transaction<T>(mode: "read" | "write", work: () => T): T {
    return this.#driver.transaction(mode, work);
  }

  codeOf(error: unknown): string | undefined {
    return this.#driver.codeOf(error);
  }

  close(): void {
    this.#driver.close();
  }
}

function openDriver(path: string, beforeStatement: (sql: string) => void = () => undefined): SqliteDriver {
  const database = new Database(path, { timeout: 20 });
  const connection = {
    prepare(sql: string): SqliteStatement {
      beforeStatement(sql);
      const statement = database.prepare(sql);
      if (!statement.reader) return statement as unknown as SqliteStatement;
      const names = statement.columns().map(({ name }) => name);
      return Object.assign(statement.raw(true) as unknown as SqliteStatement, { columns: () => names });
    },
    get inTransaction() {
      return database.inTransaction;
    },
  };
  return Object.assign(connection, {
    exec(sql: string) {
      beforeStatement(sql);
      database.exec(sql);
    },
    transaction: transactionsOf(connection),
    codeOf: (error: unknown) => (error instanceof Database.SqliteError ? error.code : undefined),
    close: () => void database.close(),
  });
}
