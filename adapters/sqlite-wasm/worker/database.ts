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
import type { DatabaseOptions } from "../shared/messages.ts";
import { OURS } from "../shared/versions.ts";

/** The database's name inside its pool. */
export const FILE = "/events.db";
const EXPORT = "/export.db";

/** SQLite's default, set explicitly because it must be set before WAL mode is turned on. */
const PAGE_BYTES = 4096;

/**
 * A checkpoint runs after this many pages in the log (6 MiB). A worker that takes over the database after a crash first
 * reads the whole log, and other tabs wait for that.
 */
const CHECKPOINT_PAGES = 1_500;

export interface OpenDatabase {
  readonly storage: EventStorage;
  /** The identity of this database: a database that replaces it has another one. */
  readonly lineage: string;
  /** Additional verbs, for every tab. */
  readonly verbs: { readonly exportDatabase: () => Promise<Uint8Array> };
  /** Closes the database and releases its files. */
  close(): Promise<void>;
}

/** Opens the database of a store in the origin private file system. Only the holder of the store's lock may open it. */
export async function openDatabase(
  sqlite: Sqlite,
  directory: string,
  { durability, indexedMetadata }: DatabaseOptions,
): Promise<OpenDatabase> {
  const { sqlite3 } = sqlite;
  const open = (): Promise<SAHPoolUtil> => openPool(sqlite3, directory);
  // With "normal", SQLite acknowledges writes before it flushes them, and they must outlive this worker. So they are
  // not gathered.
  const pool = await (durability === "full" ? gatheringWrites(open) : open());
  try {
    removeExport(pool);
    const driver = openFile(sqlite3, pool);
    const storage = await openSqliteStorage(driver, {
      info: { adapter: "sqlite-wasm", backend: "opfs", vfs: "opfs-sahpool", persisted: false, durability },
      configure: () => configure(driver, durability),
      exclusive: true,
      indexedMetadata,
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

/** Tabs compare {@link OURS} before any of them has the database open, so it has to be the actual format. */
function refuseOtherFormat(found: number): void {
  if (found === OURS.format) return;
  const message = `tabs of this build announce format ${OURS.format}, but it creates format ${found}`;
  throw new EventStoreError("storage-format", message, { found, supported: OURS.format });
}

/** Opens the file, whether it exists or not, without changing it. */
export function openFile(sqlite3: Sqlite3Static, pool: SAHPoolUtil): WasmDriver {
  const driver = openDriver(sqlite3, { path: FILE, vfs: pool.vfsName });
  // This pragma has to be the first: there is no shared memory here. Without it, a database with a log cannot be read,
  // and a new one silently keeps a rollback journal (https://sqlite.org/wal.html#noshm).
  set(driver, "locking_mode", "exclusive", "exclusive");
  return driver;
}

/** Opens a database in memory, which ends with this worker. */
export async function openMemory(
  sqlite3: Sqlite3Static,
  { indexedMetadata }: Partial<DatabaseOptions> = {},
): Promise<Omit<OpenDatabase, "close">> {
  const driver = openDriver(sqlite3);
  const storage = await openSqliteStorage(driver, {
    info: { adapter: "sqlite-wasm", backend: "memory", persisted: false, durability: "none" },
    exclusive: true,
    indexedMetadata,
    pagesAs: "bytes",
  });
  const exportDatabase = async (): Promise<Uint8Array> => sqlite3.capi.sqlite3_js_db_export(driver.pointer);
  return { storage, lineage: "", verbs: { exportDatabase } };
}

/**
 * Opens a database in memory, writes and reads. A browser compiles a function at its first call; a worker that takes
 * over a database later then need not wait for that.
 */
export async function rehearse(sqlite3: Sqlite3Static): Promise<void> {
  const { storage } = await openMemory(sqlite3);
  const event = { id: "rehearsal", type: "rehearsed", schemaVersion: 1, data: null, metadata: null };
  const entries = [{ stream: "rehearsal", expectedVersion: "any" as const, events: [event] }];
  await storage.append([{ entries, timestamp: 0, freshIds: true }]);
  await storage.readPage({ after: 0, upTo: 1, direction: "forward", limit: 1 });
  await storage.close();
}

/** Exports a copy made by SQLite, because the file itself lacks the commits that are still in the log. */
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

/**
 * Removes the copy, also one left by an export that was killed, and its journal, which SQLite would roll back into the
 * next copy.
 */
function removeExport(pool: SAHPoolUtil): void {
  pool.unlink(EXPORT);
  pool.unlink(`${EXPORT}-journal`);
}

function release(pool: SAHPoolUtil): void {
  try {
    pool.pauseVfs();
  } catch {
    // If a file is still open, the pool stays in use until the worker ends; it ends when opening has failed.
  }
}

function configure(driver: SqliteDriver, durability: "full" | "normal"): void {
  driver.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
  set(driver, "journal_mode", "wal", "wal");
  set(driver, "synchronous", durability, durability === "full" ? 2 : 1);
  set(driver, "wal_autocheckpoint", CHECKPOINT_PAGES, CHECKPOINT_PAGES);
  // A temporary file would take up one of the pool's files.
  set(driver, "temp_store", "memory", 2);
}

/** Sets a pragma and reads it back, because SQLite silently ignores values that it cannot use. */
function set(driver: SqliteDriver, pragma: string, value: string | number, expected: string | number): void {
  driver.exec(`PRAGMA ${pragma} = ${value}`);
  const found = driver.prepare(`PRAGMA ${pragma}`).get()?.[0];
  if (found === expected) return;
  const message = `SQLite did not accept ${pragma} = ${value}: the value stayed ${String(found)}`;
  throw new EventStoreError("storage-unavailable", message, { reason: "pragma" });
}
