import initialize, { type Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { EventStoreError } from "../../../src/adapter.ts";
import { lastFetched } from "../shared/fetched.ts";

/**
 * How long the WebAssembly file may take to come, in milliseconds: less than a tab waits for its store to open, so that it
 * hears what is wrong.
 */
const LONGEST_LOADING = 25_000;

/** SQLite, loaded, and what it has last complained of: its result codes alone do not tell a full disk. */
export interface Sqlite {
  readonly sqlite3: Sqlite3Static;
  /** The last error of the file system that SQLite met since this was last asked. */
  takeError(): unknown;
}

/** Loads the WebAssembly module. Rejects with `storage-unavailable`, naming the file that could not be had. */
export async function loadSqlite(): Promise<Sqlite> {
  let last: unknown;
  const note = (...args: unknown[]): void => {
    last = args.find((arg) => arg instanceof Error) ?? last;
  };
  // Read, and removed, by the module when it starts; the file systems that are not used stay off.
  Object.assign(globalThis, {
    sqlite3ApiConfig: {
      error: note,
      warn: note,
      disable: { vfs: { kvvfs: true, opfs: true, "opfs-vfs": true, "opfs-wl": true } },
    },
  });
  try {
    return {
      sqlite3: await withinLimit(initialize()),
      takeError() {
        const error = last;
        last = undefined;
        return error;
      },
    };
  } catch (error) {
    throw new EventStoreError(
      "storage-unavailable",
      `SQLite's WebAssembly file ${lastFetched(/\.wasm(\?|#|$)/) ?? "sqlite3.wasm"} could not be loaded: ${String(error)}`,
      { reason: "wasm-not-loaded" },
      error,
    );
  }
}

async function withinLimit<T>(loading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it has not come for ${LONGEST_LOADING} ms`)), LONGEST_LOADING);
  });
  try {
    return await Promise.race([loading, limit]);
  } finally {
    clearTimeout(timer);
  }
}
