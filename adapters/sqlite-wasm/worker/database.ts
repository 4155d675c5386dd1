import type { SAHPoolUtil, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import {
  EventStoreError,
  openSqliteStorage,
  toStoreError,
  type EventStorage,
  type SqliteDriver,
} from "../../../src/adapter.ts";
import { openDriver, type WasmDriver } from "./driver.ts";
import { gatheringWrites } from "./gathered-writes.ts";
import { openPool } from "./pool.ts";
import { namingFullDisks } from "./full-disk.ts";
import type { Sqlite } from "./sqlite.ts";
import { OURS } from "../shared/versions.ts";

/** The database's name inside its pool. */
export const FILE = "/events.db";
const EXPORT = "/export.db";

/** SQLite's own default, said because it must be set before the log is turned on. */
const PAGE_BYTES = 4096;

/**
 * Checkpoint after so many pages in the log (6 MiB). Whoever takes the database over after a crash reads the whole log first,
 * and other tabs wait for that.
 */
const CHECKPOINT_PAGES = 1_500;

export interface OpenDatabase {
  readonly storage: EventStorage;
  /** Which database this is: another one in its place has another. */
  readonly lineage: string;
  /** What it can do besides, for every tab. */
  readonly verbs: { readonly exportDatabase: () => Promise<Uint8Array> };
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
  const open = (): Promise<SAHPoolUtil> => openPool(sqlite3, directory);
  // With "normal" SQLite acknowledges what it has only written, and that must outlive this worker.
  const pool = await (durability === "full" ? gatheringWrites(open) : open());
  try {
    removeExport(pool);
    const driver = openFile(sqlite3, pool);
    const storage = await openSqliteStorage(driver, {
      info: { adapter: "sqlite-wasm", backend: "opfs", vfs: "opfs-sahpool", persisted: false, durability },
      configure: () => configure(driver, durability),
      exclusive: true,
      pagesAs: "bytes",
    });
    const { formatVersion, lineage } = await storage.info();
    refuseOtherFormat(formatVersion);
    const close = async (): Promise<void> => {
      await storage.close();
      pool.pauseVfs();
    };
    return {
      storage: namingFullDisks(storage, sqlite),
      lineage,
      verbs: { exportDatabase: async () => exportFrom(driver, pool) },
      close,
    };
  } catch (error) {
    release(pool);
    throw error;
  }
}

/** Tabs compare {@link OURS} before any of them has the database open. */
function refuseOtherFormat(found: number): void {
  if (found === OURS.format) return;
  const message = `tabs tell each other of format ${OURS.format}, but this build makes ${found}`;
  throw new EventStoreError("storage-format", message, { found, supported: OURS.format });
}

/** Opens the file, be it there or not, without touching it. */
export function openFile(sqlite3: Sqlite3Static, pool: SAHPoolUtil): WasmDriver {
  const driver = openDriver(sqlite3, { path: FILE, vfs: pool.vfsName });
  // First of all: there is no shared memory here. Without this a database with a log cannot be read, and one without
  // silently stays with a journal (https://sqlite.org/wal.html#noshm).
  set(driver, "locking_mode", "exclusive", "exclusive");
  return driver;
}

/** A database in memory, gone with this worker. */
export async function openMemory(sqlite3: Sqlite3Static): Promise<Omit<OpenDatabase, "close">> {
  const driver = openDriver(sqlite3);
  const storage = await openSqliteStorage(driver, {
    info: { adapter: "sqlite-wasm", backend: "memory", persisted: false, durability: "none" },
    exclusive: true,
    pagesAs: "bytes",
  });
  const exportDatabase = async (): Promise<Uint8Array> => sqlite3.capi.sqlite3_js_db_export(driver.pointer);
  return { storage, lineage: "", verbs: { exportDatabase } };
}

/**
 * Opens a database in memory, writes and reads: a browser compiles what is called for the first time, which whoever takes a
 * database over need not wait for then.
 */
export async function rehearse(sqlite3: Sqlite3Static): Promise<void> {
  const { storage } = await openMemory(sqlite3);
  const event = { id: "rehearsal", type: "rehearsed", schemaVersion: 1, data: null, metadata: null };
  const entries = [{ stream: "rehearsal", expectedVersion: "any" as const, events: [event] }];
  await storage.append([{ entries, timestamp: 0, freshIds: true }]);
  await storage.readPage({ after: 0, upTo: 1, direction: "forward", limit: 1 });
  await storage.close();
}

/** A copy made by SQLite: the file itself lacks what stands in the log. */
function exportFrom(driver: SqliteDriver, pool: SAHPoolUtil): Uint8Array {
  removeExport(pool);
  try {
    driver.exec(`VACUUM INTO '${EXPORT}'`);
    return pool.exportFile(EXPORT);
  } catch (error) {
    throw toStoreError(driver, error);
  } finally {
    removeExport(pool);
  }
}

/** The copy, or what an export left of it that was killed; and its journal, which would be rolled back into the next copy. */
function removeExport(pool: SAHPoolUtil): void {
  pool.unlink(EXPORT);
  pool.unlink(`${EXPORT}-journal`);
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
