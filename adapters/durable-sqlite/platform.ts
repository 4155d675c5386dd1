/** The parts that are used of the storage of a Durable Object whose class is backed by SQLite. */
export interface DurableObjectStorage {
  readonly sql: DurableObjectSql;
  transactionSync<T>(work: () => T): T;
}

/** What is used of the `sql` of that storage. */
interface DurableObjectSql {
  readonly databaseSize: number;
  exec(query: string, ...values: (string | number | Uint8Array | null)[]): SqlCursor;
}

/** The rows of a statement. */
type SqlCursor = { readonly columnNames: readonly string[]; raw(): Iterable<unknown[]>; toArray(): unknown };
