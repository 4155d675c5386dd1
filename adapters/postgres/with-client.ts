// Imported from the module: a test may have replaced the global with a fake, before or after this was loaded.
import { clearTimeout, setTimeout } from "node:timers";
import type pg from "pg";
import { EventStoreError } from "../../src/adapter.ts";
import { isLost } from "./errors.ts";

/** Whether a new call would have to wait for a connection of the pool. */
export function isExhausted(pool: pg.Pool): boolean {
  return pool.idleCount === 0 && pool.totalCount >= (pool.options.max ?? Infinity);
}

/** Runs work on a connection of its own. @throws `storage-busy` if all connections are in use for `timeout` milliseconds. */
export async function withClient<T>(
  pool: pg.Pool,
  timeout: number,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await acquire(pool, timeout);
  const ignore = (): void => undefined;
  // A lost connection also fails the statement in progress.
  client.on("error", ignore);
  let lost = false;
  try {
    return await work(client);
  } catch (error) {
    lost = isLost(error);
    throw error;
  } finally {
    client.removeListener("error", ignore);
    client.release(lost);
  }
}

function acquire(pool: pg.Pool, timeout: number): Promise<pg.PoolClient> {
  if (!isExhausted(pool)) return pool.connect();
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      const message = "all connections of the pool are in use: make it larger, or end what holds them";
      reject(new EventStoreError("storage-busy", message, { timeout }));
    }, timeout);
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
