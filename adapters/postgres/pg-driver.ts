import { createHash } from "node:crypto";
import pg from "pg";
import type { PostgresAsk, PostgresDriver, PostgresQuery, PostgresRow, PostgresValue } from "../../src/adapter.ts";
import { codeOf, isLost, isUnsent } from "./errors.ts";
import type { PostgresOptions } from "./index.ts";
import { readIn, SELECT_PROCESS, untilGivenUp } from "./read-in.ts";
import { ask, run, toStatement } from "./statements.ts";
import { ANSWER_TIME, isPrompt, withClient } from "./with-client.ts";

/** How long a connection may be idle before the operating system checks it, in milliseconds. */
const KEEP_ALIVE = 10_000;

/** How many statements are prepared on each connection at most. */
const MOST_PREPARED = 100;

/** Errors of a prepared statement that a pooler has left on another connection, or that another client has left on this one. */
const UNKNOWN_STATEMENT: ReadonlySet<string> = new Set(["26000", "42P05"]);

/** Opens a driver over pg: with a pool of its own, or over the application's, which it does not end. */
export function openDriver({ connectionString, pool: given, busyTimeout = 0 }: PostgresOptions): PostgresDriver {
  const pool = (given as pg.Pool | undefined) ?? openPool(connectionString as string, busyTimeout);
  const listening = new Set<pg.Client>();
  const nameOf = createNamer();
  /** A connection that has not answered by then is taken for lost: the server waits for a lock for at most `busyTimeout`. */
  const longest = 2 * busyTimeout + ANSWER_TIME;
  /** Whether statements are prepared: not through a pooler, whose connections to the server also serve others, and keep them. */
  let prepares: boolean | undefined;

  async function query(sql: string, values?: readonly PostgresValue[]): Promise<readonly PostgresRow[]> {
    prepares ??= await withClient(pool, busyTimeout, (client) => isDirect(client, longest));
    const name = prepares && values !== undefined ? nameOf(sql) : undefined;
    try {
      if (!isPrompt(pool)) return await withClient(pool, busyTimeout, (client) => run(client, longest, sql, values));
      // Not through `run`: an append waits for each of these steps.
      if (name !== undefined) return (await pool.query(toStatement(sql, longest, values, name))).rows as PostgresRow[];
      return await run(pool, longest, sql, values);
    } catch (error) {
      if (name === undefined || !UNKNOWN_STATEMENT.has(codeOf(error) ?? "")) throw error;
      prepares = false;
      return query(sql, values);
    }
  }

  /** Interrupts what a connection does, over another one. */
  async function interrupt(pid: string): Promise<void> {
    const text = "SELECT pg_cancel_backend($1)";
    if (isPrompt(pool)) return void (await run(pool, longest, text, [pid]));
    const client = newClient(pool, longest);
    client.on("error", () => undefined);
    try {
      await client.connect();
      await run(client, longest, text, [pid]);
    } finally {
      client.end().catch(() => undefined);
    }
  }

  return {
    query,
    transaction: (work) =>
      withClient(pool, busyTimeout, (client) =>
        inTransaction(
          client,
          (sql, values) => run(client, longest, sql, values),
          async (sql, values, onGivenUp) => {
            if (onGivenUp === undefined) return ask(client, sql, values);
            const [[process] = []] = await run(client, longest, SELECT_PROCESS);
            return untilGivenUp(
              onGivenUp,
              () => interrupt(process as string),
              () => ask(client, sql, values),
            );
          },
          work,
        ),
      ),
    read: (before, next, onGivenUp) =>
      withClient(
        pool,
        busyTimeout,
        (client) => readIn(client, { before, next, onGivenUp, timeout: longest, interrupt }),
        // It has changed nothing, so nobody needs to wait for its end.
        (client) => client.query("COMMIT"),
      ),
    async listen(channel, onNotification, onLost) {
      const client = newClient(pool, longest);
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
      // A storage that could not be opened has closed it already.
      if (given === undefined && !pool.ended && !pool.ending) await pool.end();
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

/** Whether the process that serves a connection is the one that greeted it. A pooler greets for itself. */
async function isDirect(client: pg.PoolClient, timeout: number): Promise<boolean> {
  const [[process] = []] = await run(client, timeout, SELECT_PROCESS);
  return Number(process) === (client as unknown as { readonly processID?: unknown }).processID;
}

/** Makes a client with the settings of a pool, outside of it, that connects in limited time. The password is no enumerable property. */
function newClient(pool: pg.Pool, timeout: number): pg.Client {
  const { Client = pg.Client, options } = pool as unknown as { Client?: typeof pg.Client; options: pg.ClientConfig };
  const settings = Object.defineProperties<pg.ClientConfig>({}, Object.getOwnPropertyDescriptors(options));
  settings.connectionTimeoutMillis ||= timeout;
  const client = new Client(settings);
  client.once("connect", () => {
    const { connection } = client as unknown as {
      connection?: { stream?: { setKeepAlive?(on: boolean, delay: number): void } };
    };
    connection?.stream?.setKeepAlive?.(true, KEEP_ALIVE);
  });
  return client;
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

async function inTransaction<T>(
  client: pg.PoolClient,
  query: PostgresQuery,
  asking: PostgresAsk,
  work: (query: PostgresQuery, ask: PostgresAsk) => Promise<T>,
): Promise<T> {
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    const result = await work(query, asking);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
