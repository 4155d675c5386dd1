/** The parts that are used of the storage of a Durable Object whose class is backed by SQLite. */
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
  raw(): Iterable<unknown[]>;
  toArray(): unknown;
}
