import type { PostgresAsk, PostgresDriver, PostgresQuery, PostgresRow } from "../../src/adapter.ts";

/** The shape of a result of PGlite. */
export interface PGliteResult {
  readonly rows: unknown[];
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

/** The shape of PGlite's own transaction. */
export interface PGliteSession {
  query(sql: string, values?: unknown[], options?: object): Promise<PGliteResult>;
  exec(sql: string, options?: object): Promise<PGliteResult[]>;
}

/** The shape of a `PGlite`, so that its types are not needed. */
export interface PGliteDatabase extends PGliteSession {
  readonly dataDir?: string | undefined;
  readonly parsers: object;
  transaction<T>(work: (session: PGliteSession) => Promise<T>): Promise<T>;
  listen(channel: string, onNotification: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Makes a driver over PGlite, which runs one statement at a time, and a transaction alone. */
export function createDriver(database: PGliteDatabase, closes: boolean): PostgresDriver {
  // Every value as PostgreSQL's text.
  const parsers = Object.fromEntries(Object.keys(database.parsers).map((type) => [type, (text: string) => text]));
  const options = { rowMode: "array", parsers };
  const over =
    (session: PGliteSession): PostgresQuery =>
    async (sql, values) => {
      // Several statements at once can have no parameters, and have several results.
      const result = values
        ? await session.query(sql, [...values], options)
        : (await session.exec(sql, options)).at(-1);
      return (result as { readonly rows: readonly PostgresRow[] }).rows;
    };
  // PGlite's `query` takes one statement.
  const asking =
    (session: PGliteSession): PostgresAsk =>
    async (sql, values = []) => {
      const { fields, rows } = await session.query(sql, [...values], options);
      const columns = fields.map(({ name, dataTypeID: type }) => ({ name, type }));
      return { columns, rows: rows as readonly PostgresRow[] };
    };

  return {
    oneSession: true,
    query: over(database),
    // READ COMMITTED is the default.
    transaction: (work) => database.transaction((session) => work(over(session), asking(session))),
    async listen(channel, onNotification) {
      const unlisten = await database.listen(channel, onNotification);
      // Rejects if the application has closed the database.
      return { query: over(database), stop: () => void unlisten().catch(() => undefined) };
    },
    codeOf(error) {
      const { code, severity } = Object(error) as { readonly code?: unknown; readonly severity?: unknown };
      return typeof code === "string" && typeof severity === "string" ? code : undefined;
    },
    isLost: () => false,
    async close() {
      if (closes) await database.close();
    },
  };
}
