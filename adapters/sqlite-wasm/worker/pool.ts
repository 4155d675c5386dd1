import type { SAHPoolUtil, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { EventStoreError, describe } from "../../../src/adapter.ts";
import { blocked, isDenial } from "../shared/blocked.ts";

/** The database, its log and journal, and as many again for a copy that is taken out. */
const FILES = 6;

/** Where SQLite's pool keeps its files, in the folder that it is given. */
export const POOL_FOLDER = ".opaque";

/** How long files that a worker before this one held may take to be free, in milliseconds. */
const LONGEST_WAIT = 10_000;
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 200;
/** Every tab waits for it: so that what is waited too long stays a small part of what had to be waited. */
const PAUSE_GROWTH = 1.25;

/** Opens the pool of files that is one store's. Rejects with `storage-unavailable` or `storage-full`. */
export function openPool(sqlite3: Sqlite3Static, directory: string): Promise<SAHPoolUtil> {
  const options = {
    name: `rivulet-${crypto.randomUUID()}`,
    directory,
    initialCapacity: FILES,
    verbosity: 1,
    // By default a pool that fails to open DELETES its files: https://sqlite.org/forum/forumpost/5664cd4baee50236
    preserveOnInitFailure: true,
    // Else the first failure would be the answer for ever.
    forceReinitIfPreviouslyFailed: true,
  };
  return retrying(async () => {
    const pool = await sqlite3.installOpfsSAHPoolVfs(options);
    // A pool has its capacity from when it was made, and the power may have gone in the middle of that.
    await pool.reserveMinimumCapacity(FILES);
    return pool;
  });
}

/** The files may still be held by a worker that has just ended: that passes. */
export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LONGEST_WAIT;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * PAUSE_GROWTH)) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DOMException && error.name === "QuotaExceededError") {
        throw new EventStoreError("storage-full", "the browser gives this site no room for a database", {}, error);
      }
      if (isDenial(error)) throw blocked(error);
      if (performance.now() >= deadline) {
        const message = `the files of the database could not be had for ${LONGEST_WAIT} ms: ${describe(error)}`;
        throw new EventStoreError("storage-unavailable", message, { reason: "files" }, error);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
