// Imported from the module: a test may have replaced the global with a fake, before or after this was loaded.
import { clearTimeout, setTimeout } from "node:timers";
import type pg from "pg";
import { EventStoreError } from "../../src/adapter.ts";
import { isLost } from "./errors.ts";

/** How long a new connection may take beside waiting for one of the pool, in milliseconds. */
export const ANSWER_TIME = 5_000;

/** Whether a new call would have to wait for a connection of the pool. */
function isExhausted(pool: pg.Pool): boolean {
  return pool.idleCount === 0 && pool.totalCount >= (pool.options.max ?? Infinity);
}

/** Whether a call gets a connection of the pool, or an error, in limited time: a pool waits for ever by default. */
export function isPrompt(pool: pg.Pool): boolean {
  return pool.idleCount > 0 || (!isExhausted(pool) && (pool.options.connectionTimeoutMillis ?? 0) > 0);
}

/**
 * Runs work on a connection of its own, and then `end`, for which the caller does not wait. If no connection can be made in time, the error is that of pg.
 *
 * @throws `storage-busy` if all connections are in use for `timeout` milliseconds.
 */
export async function withClient<T>(
  pool: pg.Pool,
  timeout: number,
  work: (client: pg.PoolClient) => Promise<T>,
  end?: (client: pg.PoolClient) => Promise<unknown>,
): Promise<T> {
  const client = await acquire(pool, timeout);
  const ignore = (): void => undefined;
  // A lost connection also fails the statement in progress.
  client.on("error", ignore);
  const release = (lost: boolean): void => {
    client.removeListener("error", ignore);
    client.release(lost);
  };
  try {
    const result = await work(client);
    if (end === undefined) release(false);
    else
      void end(client).then(
        () => release(false),
        () => release(true),
      );
    return result;
  } catch (error) {
    release(isLost(error));
    throw error;
  }
}

function acquire(pool: pg.Pool, timeout: number): Promise<pg.PoolClient> {
  if (isPrompt(pool)) return pool.connect();
  const exhausted = isExhausted(pool);
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        const message = "all connections of the pool are in use: make it larger, or end what holds them";
        // As pg says it where it is given a time.
        const slow = new Error("timeout exceeded when trying to connect");
        reject(exhausted ? new EventStoreError("storage-busy", message, { timeout }) : slow);
      },
      exhausted ? timeout : timeout + ANSWER_TIME,
    );
    pool.connect().then(
      (client) => {
        clearTimeout(timer);
        if (late) client.release();
        else resolve(client);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
