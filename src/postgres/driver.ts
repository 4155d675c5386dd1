/** A parameter. Lists are written by `arrayOf`, so that a driver needs to know no types. */
export type PostgresValue = string | number | boolean | null;

/** A row: every value as PostgreSQL's text, in the order of the columns. */
export type PostgresRow = readonly (string | null)[];

/** Runs one statement with its parameters, and resolves with its rows. */
export type PostgresQuery = (sql: string, values?: readonly PostgresValue[]) => Promise<readonly PostgresRow[]>;

/** The rows of a statement, and the name and type of each column. */
export interface PostgresResult {
  readonly columns: readonly { readonly name: string; /** The oid of the type. */ readonly type: number }[];
  readonly rows: readonly PostgresRow[];
}

/** Returns the next statement of a transaction, and its parameters. It may throw: then none is run. */
export type NextStatement = (rows: readonly PostgresRow[]) => readonly [sql: string, values: readonly PostgresValue[]];

/** Runs one statement, never several, and resolves with its rows and columns. It is interrupted, if possible, when it is given up. */
export type PostgresAsk = (
  sql: string,
  values?: readonly PostgresValue[],
  onGivenUp?: OnGivenUp,
) => Promise<PostgresResult>;

/** Registers a listener that interrupts a call when its caller no longer waits. Returns a function that removes it. */
export type OnGivenUp = (interrupt: () => void) => () => void;

/** A connection that hears notifications. */
export interface PostgresListener {
  /** Runs a statement on this connection. */
  readonly query: PostgresQuery;
  /** Closes the connection. */
  stop(): void;
}

/** What the storage needs of a client of PostgreSQL. */
export interface PostgresDriver {
  /**
   * Set if all callers share one session, as in PGlite. Advisory locks exclude nobody there, and cannot tell whether anybody listens:
   * every commit is announced.
   */
  readonly oneSession?: boolean;
  /** Runs one statement on any connection, in a transaction of its own. */
  readonly query: PostgresQuery;
  /**
   * Runs several statements in one transaction, at the isolation level READ COMMITTED. It is rolled back if `work` rejects; then the
   * connection is not used again unless that succeeded.
   */
  transaction<T>(work: (query: PostgresQuery, ask: PostgresAsk) => Promise<T>): Promise<T>;
  /**
   * Runs several statements, and then the one that `next` returns for the rows of the last of them, in one transaction that changes
   * nothing. Resolves with its result, perhaps before the transaction has ended. The one statement is interrupted if it is given up.
   * Leave it out if it would be no faster than `transaction`.
   */
  read?(before: string, next: NextStatement, onGivenUp?: OnGivenUp): Promise<PostgresResult>;
  /**
   * Opens a connection of its own that listens on a channel (https://www.postgresql.org/docs/current/sql-listen.html). `onLost` is called
   * at most once, if the connection ends before it is stopped.
   */
  listen(
    channel: string,
    onNotification: (payload: string) => void,
    onLost: (error: unknown) => void,
  ): Promise<PostgresListener>;
  /** The SQLSTATE of an error that the server sent; undefined for any other error. */
  codeOf(error: unknown): string | undefined;
  /** Whether an error means that the connection could not be made or was lost, so that a statement may or may not have been run. */
  isLost(error: unknown): boolean;
  /** Whether a lost statement was certainly not run, because there was no connection. Leave it out if that cannot be told. */
  isUnsent?(error: unknown): boolean;
  /** Closes the connections, once their statements have ended. */
  close(): Promise<void>;
}
