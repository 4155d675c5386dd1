import Database from "better-sqlite3";
import type { Adapter } from "rivulet";
import { openSqliteStorage, type SqliteDriver, type SqliteStatement, type SqliteStorageOptions } from "rivulet/adapter";

export interface FileAdapterOptions extends Pick<SqliteStorageOptions, "busyTimeout" | "migrations"> {
  readonly path: string;
  /** Called before every statement that is run at once, not prepared. */
  readonly beforeExec?: ((sql: string) => void) | undefined;
}

export interface FileVerbs {
  /** The connection that the store writes through. */
  readonly driver: SqliteDriver;
}

/** An adapter as somebody else might write it, on the public door for adapters; it lets a test reach its connection. */
export function fileAdapter({ path, beforeExec, ...options }: FileAdapterOptions): Adapter<FileVerbs> {
  return {
    name: "test",
    async open() {
      const driver = openDriver(path, beforeExec);
      const storage = await openSqliteStorage(driver, {
        ...options,
        info: { adapter: "test", backend: "file", persisted: true, durability: "full" },
        configure: () => driver.exec("PRAGMA journal_mode = wal; PRAGMA synchronous = full"),
      });
      return { storage, defer: setImmediate, verbs: { driver } };
    },
  };
}

function openDriver(path: string, beforeExec: (sql: string) => void = () => undefined): SqliteDriver {
  const database = new Database(path, { timeout: 20 });
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      return (statement.reader ? statement.raw(true) : statement) as unknown as SqliteStatement;
    },
    exec(sql) {
      beforeExec(sql);
      database.exec(sql);
    },
    get inTransaction() {
      return database.inTransaction;
    },
    codeOf: (error) => (error instanceof Database.SqliteError ? error.code : undefined),
    close: () => void database.close(),
  };
}
