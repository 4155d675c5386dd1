import { createHash } from "node:crypto";
import pg from "pg";
import type {
  PostgresAsk,
  PostgresDriver,
  PostgresQuery,
  PostgresResult,
  PostgresRow,
  PostgresValue,
} from "../../src/adapter.ts";
import { codeOf, isLost, isUnsent } from "./errors.ts";
import type { PostgresOptions } from "./index.ts";
import { isExhausted, withClient } from "./with-client.ts";

/** How long a connection may be idle before the operating system checks it, in milliseconds. */
const KEEP_ALIVE = 10_000;

/** How long an answer may take beside waiting for locks, in milliseconds. */
const ANSWER_TIME = 5_000;

/** How many statements are prepared on each connection at most. */
const MOST_PREPARED = 100;

/** Errors of a prepared statement that a pooler has left on another connection, or that another client has left on this one. */
const UNKNOWN_STATEMENT: ReadonlySet<string> = new Set(["26000", "42P05"]);

/** Every value as PostgreSQL's text. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** Opens a driver over pg: with a pool of its own, or over the application's, which it does not end. */
export function openDriver({ connectionString, pool: given, busyTimeout = 0 }: PostgresOptions): PostgresDriver {
  const pool = (given as pg.Pool | undefined) ?? openPool(connectionString as string, busyTimeout);
  const listening = new Set<pg.Client>();
  const nameOf = createNamer();
  /** A connection that has not answered by then is taken for lost: the server waits for a lock for at most `busyTimeout`. */
  const longest = 2 * busyTimeout + ANSWER_TIME;
  let prepares = true;

  /** Runs a statement prepared, unless there is a pooler that gives each statement another connection, and keeps no track of those. */
  async function query(sql: string, values?: readonly PostgresValue[]): Promise<readonly PostgresRow[]> {
    const name = prepares && values !== undefined ? nameOf(sql) : undefined;
    try {
      if (isExhausted(pool)) return await withClient(pool, busyTimeout, (client) => run(client, longest, sql, values));
      // Not through `run`: an append waits for each of these steps.
      if (name !== undefined) return (await pool.query(toStatement(sql, longest, values, name))).rows as PostgresRow[];
      return await run(pool, longest, sql, values);
    } catch (error) {
      if (name === undefined || !UNKNOWN_STATEMENT.has(codeOf(error) ?? "")) throw error;
      prepares = false;
      return query(sql, values);
    }
  }

  return {
    query,
    transaction: (work) =>
      withClient(pool, busyTimeout, (client) =>
        inTransaction(client, (sql, values) => run(client, longest, sql, values), work),
      ),
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
      try {
        await client.connect();
        listening.add(client);
        await run(client, longest, `LISTEN ${channel}`);
      } catch (error) {
        stop();
        throw error;
      }
      return { query: (sql, values) => run(client, longest, sql, values), stop };
    },
    codeOf,
    isLost,
    isUnsent,
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
    connectionTimeoutMillis: timeout + ANSWER_TIME,
    // An open store that does nothing keeps no process alive.
    allowExitOnIdle: true,
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
  timeout: number,
  text: string,
  values?: readonly PostgresValue[],
): Promise<readonly PostgresRow[]> {
  const result: unknown = await (to as pg.Client).query(toStatement(text, timeout, values));
  // Several statements at once have several results.
  const last = (Array.isArray(result) ? result.at(-1) : result) as { readonly rows: readonly PostgresRow[] };
  return last.rows;
}

function toStatement(
  text: string,
  timeout: number,
  values?: readonly PostgresValue[],
  name?: string,
): pg.QueryArrayConfig & { readonly query_timeout: number } {
  return {
    text,
    rowMode: "array",
    types: AS_TEXT,
    query_timeout: timeout,
    ...(values && { values: values as PostgresValue[] }),
    ...(name !== undefined && { name }),
  };
}

/** Names statements for the server by their text, because the pool's other users name theirs. */
function createNamer(): (sql: string) => string | undefined {
  const names = new Map<string, string>();
  return (sql) => {
    const known = names.get(sql);
    if (known !== undefined || names.size === MOST_PREPARED) return known;
    const name = `rivulet_${createHash("sha256").update(sql).digest("hex").slice(0, 32)}`;
    names.set(sql, name);
    return name;
  };
}

/**
 * Runs one statement, for as long as the server lets it: the extended protocol takes no more than one
 * (https://www.postgresql.org/docs/current/protocol-flow.html).
 */
async function ask(
  client: pg.PoolClient,
  text: string,
  values: readonly PostgresValue[] = [],
): Promise<PostgresResult> {
  const statement = { text, rowMode: "array" as const, types: AS_TEXT, queryMode: "extended", values: [...values] };
  const { fields, rows } = await client.query<(string | null)[]>(statement);
  return { columns: fields.map(({ name, dataTypeID: type }) => ({ name, type })), rows };
}

async function inTransaction<T>(
  client: pg.PoolClient,
  query: PostgresQuery,
  work: (query: PostgresQuery, ask: PostgresAsk) => Promise<T>,
): Promise<T> {
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    const result = await work(query, (sql, values) => ask(client, sql, values));
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
