import pg from "pg";
import {
  EventStoreError,
  type PostgresAsk,
  type PostgresDriver,
  type PostgresQuery,
  type PostgresResult,
  type PostgresRow,
} from "../../src/adapter.ts";
import type { PostgresOptions } from "./index.ts";

/** How long a connection may be idle before the operating system checks it, in milliseconds. */
const KEEP_ALIVE = 10_000;

/** What pg reports of a connection without a code: https://github.com/brianc/node-postgres. */
const LOST = /^(?:Connection terminated|Client (?:has encountered|was closed)|timeout expired|Query read timeout)/;

/** pg's report that all connections of a pool were in use for too long. */
const EXHAUSTED = "timeout exceeded when trying to connect";

/** Every value as PostgreSQL's text. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** Opens a driver over pg: with a pool of its own, or over the application's, which it does not end. */
export function openDriver({ connectionString, pool: given, busyTimeout = 0 }: PostgresOptions): PostgresDriver {
  const pool = (given as pg.Pool | undefined) ?? openPool(connectionString as string, busyTimeout);
  const listening = new Set<pg.Client>();

  return {
    query: (sql, values) => guarded(busyTimeout, () => run(pool, sql, values)),
    transaction: (work) => guarded(busyTimeout, () => inTransaction(pool, work)),
    async listen(channel, onNotification, onLost) {
      const client = newClient(pool);
      let stopped = false;
      const lost = (error: unknown): void => {
        if (!stopped) onLost(error);
        stop();
      };
      const stop = (): void => {
        if (stopped) return;
        stopped = true;
        listening.delete(client);
        client.end().catch(() => undefined);
      };
      client.on("error", lost);
      client.on("end", () => lost(new Error("Connection terminated unexpectedly")));
      client.on("notification", ({ payload }) => onNotification(payload ?? ""));
      await client.connect();
      listening.add(client);
      await run(client, `LISTEN ${channel}`);
      return { query: (sql, values) => run(client, sql, values), stop };
    },
    codeOf,
    isLost,
    async close() {
      for (const client of listening) client.end().catch(() => undefined);
      if (given === undefined) await pool.end();
    },
  };
}

function openPool(connectionString: string, timeout: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    application_name: "rivulet",
    connectionTimeoutMillis: timeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE,
  });
  // An idle connection was lost: the next call makes another.
  pool.on("error", () => undefined);
  return pool;
}

/** Makes a client with the settings of a pool, outside of it. The password is no enumerable property, so they are not copied. */
function newClient(pool: pg.Pool): pg.Client {
  const { Client = pg.Client, options } = pool as unknown as { Client?: typeof pg.Client; options: pg.ClientConfig };
  const client = new Client(options);
  client.once("connect", () => {
    const { connection } = client as unknown as {
      connection?: { stream?: { setKeepAlive?(on: boolean, delay: number): void } };
    };
    connection?.stream?.setKeepAlive?.(true, KEEP_ALIVE);
  });
  return client;
}

async function run(
  to: Pick<pg.Pool, "query"> | Pick<pg.Client, "query">,
  text: string,
  values?: Parameters<PostgresQuery>[1],
): Promise<readonly PostgresRow[]> {
  const statement = { text, rowMode: "array" as const, types: AS_TEXT, ...(values && { values: [...values] }) };
  const result: unknown = await (to as pg.Client).query(statement);
  // Several statements at once have several results.
  const last = (Array.isArray(result) ? result.at(-1) : result) as { readonly rows: readonly PostgresRow[] };
  return last.rows;
}

/** Runs one statement: the extended protocol takes no more (https://www.postgresql.org/docs/current/protocol-flow.html). */
async function ask(client: pg.ClientBase, text: string, values: Parameters<PostgresAsk>[1]): Promise<PostgresResult> {
  const statement = {
    text,
    rowMode: "array" as const,
    types: AS_TEXT,
    queryMode: "extended",
    values: [...(values ?? [])],
  };
  const { fields, rows } = await client.query<(string | null)[]>(statement);
  return { columns: fields.map(({ name, dataTypeID: type }) => ({ name, type })), rows };
}

async function inTransaction<T>(
  pool: pg.Pool,
  work: (query: PostgresQuery, ask: PostgresAsk) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  const ignore = (): void => undefined;
  // A lost connection also fails the statement in progress.
  client.on("error", ignore);
  let unusable = false;
  try {
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    try {
      const result = await work(
        (sql, values) => run(client, sql, values),
        (sql, values) => ask(client, sql, values),
      );
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    }
  } catch (error) {
    unusable = isLost(error);
    throw error;
  } finally {
    client.removeListener("error", ignore);
    client.release(unusable);
  }
}

async function guarded<T>(timeout: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.message !== EXHAUSTED) throw error;
    const message = "all connections of the pool are in use: make it larger, or end what holds them";
    throw new EventStoreError("storage-busy", message, { timeout }, error);
  }
}

function codeOf(error: unknown): string | undefined {
  const { code, severity } = Object(error) as { readonly code?: unknown; readonly severity?: unknown };
  return typeof code === "string" && typeof severity === "string" ? code : undefined;
}

function isLost(error: unknown): boolean {
  const code = codeOf(error);
  // https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (code !== undefined) return /^(?:57P0[123]|08...)$/.test(code);
  const { syscall, message } = Object(error) as { readonly syscall?: unknown; readonly message?: unknown };
  return typeof syscall === "string" || LOST.test(String(message));
}
