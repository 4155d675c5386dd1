import Database from "better-sqlite3";
import { openSqliteStorage, transactionsOf, type EventStorage, type SqliteStatement } from "rivulet/adapter";

/** A SQLite database in memory, which can be copied as it is, as for a backup. */
export interface CopiedDatabase {
  readonly storage: EventStorage;
  copy(): Buffer;
}

export async function openInMemory(from?: Buffer): Promise<CopiedDatabase> {
  const database = from === undefined ? new Database(":memory:") : new Database(from);
  const connection = {
    prepare(sql: string): SqliteStatement {
      const statement = database.prepare(sql);
      if (!statement.reader) return statement as unknown as SqliteStatement;
      return statement.raw(true) as unknown as SqliteStatement;
    },
    get inTransaction() {
      return database.inTransaction;
    },
  };
  const driver = Object.assign(connection, {
    exec: (sql: string) => void database.exec(sql),
    transaction: transactionsOf(connection),
    codeOf: (error: unknown) => (error instanceof Database.SqliteError ? error.code : undefined),
    close: () => void database.close(),
  });
  const storage = await openSqliteStorage(driver, {
    exclusive: true,
    info: { adapter: "test", backend: "memory", persisted: false, durability: "none" },
  });
  return { storage, copy: () => database.serialize() };
}
