import type { SAHPoolUtil, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { EventStoreError, openSqliteStorage, type EventStorage, type SqliteDriver } from "../../src/adapter.ts";
import { openDriver } from "./driver.ts";
import { openPool } from "./pool.ts";
import { namingFullDisks } from "./full-disk.ts";
import type { Sqlite } from "./sqlite.ts";

/** The database's name inside its pool. */
const FILE = "/events.db";

/** SQLite's own default, said because it must be set before the log is turned on. */
const PAGE_BYTES = 4096;

/**
 * Checkpoint after so many pages in the log (6 MiB). Whoever takes the database over after a crash reads the whole log first,
 * and other tabs wait for that.
 */
const CHECKPOINT_PAGES = 1_500;

export interface OpenDatabase {
  readonly storage: EventStorage;
  /** Closes it and lets go of its files. */
  close(): Promise<void>;
}

/** The database of a store, in the origin's private file system. Only whoever holds the store's lock may open it. */
export async function openDatabase(
  sqlite: Sqlite,
  directory: string,
  durability: "full" | "normal",
): Promise<OpenDatabase> {
  const { sqlite3 } = sqlite;
  const pool = await openPool(sqlite3, directory);
  try {
    const driver = openDriver(sqlite3, { path: FILE, vfs: pool.vfsName });
    // First of all: there is no shared memory here. Without this a database with a log cannot be read, and one without
    // silently stays with a journal (https://sqlite.org/wal.html#noshm).
    set(driver, "locking_mode", "exclusive", "exclusive");
    const storage = await openSqliteStorage(driver, {
      info: { adapter: "sqlite-wasm", backend: "opfs", persisted: false, durability },
      configure: () => configure(driver, durability),
      exclusive: true,
      pagesAs: "bytes",
    });
    const close = async (): Promise<void> => {
      await storage.close();
      pool.pauseVfs();
    };
    return { storage: namingFullDisks(storage, sqlite), close };
  } catch (error) {
    release(pool);
    throw error;
  }
}

/** A database in memory, gone with this worker. */
export function openMemory(sqlite3: Sqlite3Static): Promise<EventStorage> {
  return openSqliteStorage(openDriver(sqlite3), {
    info: { adapter: "sqlite-wasm", backend: "memory", persisted: false, durability: "none" },
    exclusive: true,
    pagesAs: "bytes",
  });
}

function release(pool: SAHPoolUtil): void {
  try {
    pool.pauseVfs();
  } catch {
    // A file that is still open keeps the pool until the worker ends, which it does when opening has failed.
  }
}

function configure(driver: SqliteDriver, durability: "full" | "normal"): void {
  driver.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
  set(driver, "journal_mode", "wal", "wal");
  set(driver, "synchronous", durability, durability === "full" ? 2 : 1);
  set(driver, "wal_autocheckpoint", CHECKPOINT_PAGES, CHECKPOINT_PAGES);
  // A temporary file would take a place in the pool.
  set(driver, "temp_store", "memory", 2);
}

/** Sets a pragma and reads it back, because SQLite ignores what it cannot do. */
function set(driver: SqliteDriver, pragma: string, value: string | number, expected: string | number): void {
  driver.exec(`PRAGMA ${pragma} = ${value}`);
  const found = driver.prepare(`PRAGMA ${pragma}`).get()?.[0];
  if (found === expected) return;
  const message = `SQLite did not take ${pragma} = ${value} here: it stayed at ${String(found)}`;
  throw new EventStoreError("storage-unavailable", message, { reason: "pragma" });
}
