/** What a SQLite binding has to offer: small enough that one is written in a page. Everything is synchronous. */
export interface SqliteDriver {
  /** Compiles one statement, which stays usable until `close`. */
  prepare(sql: string): SqliteStatement;
  /** Runs statements that take no values and return no rows of interest. */
  exec(sql: string): void;
  /**
   * Does synchronous work in one transaction: all of it, or nothing where it throws; gives and throws what the work does. "write"
   * takes the write lock before the work begins; "read" lets it see the database as of one moment. Transactions do not nest.
   * `transactionsOf` makes it for a SQLite that takes BEGIN and COMMIT.
   */
  transaction<T>(mode: "read" | "write", work: () => T): T;
  /** Whether a transaction is open, as SQLite itself sees it. */
  readonly inTransaction: boolean;
  /**
   * The name of SQLite's extended result code for an error that this driver threw, such as "SQLITE_IOERR_WRITE"
   * (https://sqlite.org/rescode.html); undefined for other errors.
   */
  codeOf(error: unknown): string | undefined;
  close(): void;
  /**
   * Does some work, and ends a statement in it that runs when the time is up, in milliseconds, with SQLITE_INTERRUPT. Left out
   * where the binding has no progress handler (https://sqlite.org/c3ref/progress_handler.html): then statements take as long
   * as they take.
   */
  within?<T>(timeout: number, work: () => T): T;
}

/** Integers are numbers: rivulet keeps none beyond 2^53. */
export type SqliteValue = string | number | Uint8Array | null;

/** A row: its columns in order. */
export type SqliteRow = readonly SqliteValue[];

/** What is bound: a bigint is INTEGER; a number may be either INTEGER or REAL, whichever costs less. */
export type SqliteParameter = SqliteValue | bigint;

export interface SqliteStatement {
  run(...values: SqliteParameter[]): void;
  get(...values: SqliteParameter[]): SqliteRow | undefined;
  all(...values: SqliteParameter[]): SqliteRow[];
  /** The names of its columns, in order; needed for queries of read models only. */
  columns?(): readonly string[];
}
