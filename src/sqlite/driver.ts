/** A synchronous SQLite binding, as `openSqliteStorage` uses it. */
export interface SqliteDriver {
  /** Prepares one statement, which stays usable until `close`. */
  prepare(sql: string): SqliteStatement;
  /** Runs statements without values, and ignores their rows. */
  exec(sql: string): void;
  /**
   * Runs synchronous work in one transaction, which is rolled back if the work throws. Returns and throws what the work does. "write"
   * takes the write lock before the work begins; "read" gives it one consistent snapshot. Transactions do not nest. `transactionsOf`
   * implements this with BEGIN and COMMIT.
   */
  transaction<T>(mode: "read" | "write", work: () => T): T;
  /** Whether a transaction is open, as SQLite itself sees it. */
  readonly inTransaction: boolean;
  /**
   * Returns the name of SQLite's extended result code of an error that this driver threw, such as "SQLITE_IOERR_WRITE"
   * (https://sqlite.org/rescode.html); undefined for other errors.
   */
  codeOf(error: unknown): string | undefined;
  /** Closes the connection. */
  close(): void;
  /**
   * Runs work, and interrupts its statements with SQLITE_INTERRUPT after `timeout` milliseconds. Leave it out if the binding has no
   * progress handler (https://sqlite.org/c3ref/progress_handler.html): then statements have no time limit.
   */
  within?<T>(timeout: number, work: () => T): T;
  /** How to do without pragmas. Leave it out unless the engine refuses them. */
  readonly pragmas?: WithoutPragmas | undefined;
}

/** What a database is asked for otherwise where the engine refuses `PRAGMA`. Its format is then marked in the table `meta`. */
interface WithoutPragmas {
  /** The size of the database in bytes. */
  size(): number;
  /** What the names of the engine's own tables start with, which are left alone. */
  readonly reserved: string;
}

/** A value of a row. Integers are numbers, because rivulet stores none beyond 2^53. */
export type SqliteValue = string | number | Uint8Array | null;

/** A row: the values of its columns, in order. */
export type SqliteRow = readonly SqliteValue[];

/** A value to bind. A bigint must be bound as INTEGER; a number as INTEGER or REAL, whichever is cheaper. */
export type SqliteParameter = SqliteValue | bigint;

/** A prepared statement. */
export interface SqliteStatement {
  /** Runs the statement, without rows. */
  run(...values: SqliteParameter[]): void;
  /** Runs the statement and returns its first row. */
  get(...values: SqliteParameter[]): SqliteRow | undefined;
  /** Runs the statement and returns all rows. */
  all(...values: SqliteParameter[]): SqliteRow[];
  /** Returns the names of the columns, in order. Needed only for queries of read models. */
  columns?(): readonly string[];
}
