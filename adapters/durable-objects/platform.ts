/** The state of a Durable Object, its constructor's first argument, by its shape: as much of it as is used. */
export interface DurableObjectContext {
  readonly storage: DurableObjectStorage;
}

/** The storage of a Durable Object whose class is backed by SQLite, by its shape. */
export interface DurableObjectStorage {
  readonly sql: DurableObjectSql;
  transactionSync<T>(work: () => T): T;
}

interface DurableObjectSql {
  readonly databaseSize: number;
  exec(query: string, ...values: (string | number | Uint8Array | null)[]): SqlCursor;
}

interface SqlCursor {
  readonly columnNames: readonly string[];
  raw(): Iterable<readonly unknown[]>;
}
