import type { SAHPoolUtil, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { EventStoreError, describe } from "../../../src/adapter.ts";
import { blocked, isDenial } from "../shared/blocked.ts";

/** The number of files: the database, its log and journal, and as many again for an exported copy. */
const FILES = 6;

/** The folder in which SQLite's pool keeps its files, inside the directory that it is given. */
export const POOL_FOLDER = ".opaque";

/** How long to wait for files that a previous worker still holds, in milliseconds. */
const LONGEST_WAIT = 10_000;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 200;
/**
 * The growth of the pauses. Every tab waits for the opening, so the last pause should be a small part of the whole
 * wait.
 */
const PAUSE_GROWTH = 1.25;

/** Opens the file pool of one store. Rejects with `storage-unavailable` or `storage-full`. */
export function openPool(sqlite3: Sqlite3Static, directory: string): Promise<SAHPoolUtil> {
  const options = {
    name: `rivulet-${crypto.randomUUID()}`,
    directory,
    initialCapacity: FILES,
    verbosity: 1,
    // By default, a pool that fails to open DELETES its files: https://sqlite.org/forum/forumpost/5664cd4baee50236
    preserveOnInitFailure: true,
    // Otherwise the first failure would be returned for ever.
    forceReinitIfPreviouslyFailed: true,
  };
  return retrying(async () => {
    const pool = await sqlite3.installOpfsSAHPoolVfs(options);
    // A pool gets its capacity when it is created, which a power failure may have interrupted.
    await pool.reserveMinimumCapacity(FILES);
    return pool;
  });
}

/** Retries while the files are held by a worker that has just ended. */
export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LONGEST_WAIT;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * PAUSE_GROWTH)) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DOMException && error.name === "QuotaExceededError") {
        throw new EventStoreError("storage-full", "the browser has no space for a database of this site", {}, error);
      }
      if (isDenial(error)) throw blocked(error);
      // WebKitGTK has the function, and nothing behind it.
      if (error instanceof DOMException && error.name === "NotSupportedError") throw noSyncAccess(error);
      if (performance.now() >= deadline) {
        const message = `the files of the database could not be opened for ${LONGEST_WAIT} ms: ${describe(error)}`;
        throw new EventStoreError("storage-unavailable", message, { reason: "files" }, error);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

export function noSyncAccess(cause?: unknown): EventStoreError {
  const message = "this browser is too old: its private files cannot be used synchronously";
  return new EventStoreError("storage-unavailable", message, { reason: "no-sync-access" }, cause);
}
