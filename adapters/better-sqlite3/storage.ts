import { resolve } from "node:path";
import {
  EventStoreError,
  openSqliteStorage,
  toStoreError,
  type EventStorage,
  type SqliteDriver,
} from "../../src/adapter.ts";
import { codeOf, openDriver } from "./driver.ts";
import { watchForeignWrites } from "./foreign-writes.ts";

/** Before it, two connections to one file could corrupt it (https://sqlite.org/wal.html#walresetbug). */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;

/** Checkpoint after so many pages in the log (32 MiB): rarer than SQLite's own 1,000, which halves scattered inserts. */
const CHECKPOINT_PAGES = 8_000;

/** After a checkpoint the log is cut back to this many bytes. */
const LOG_SIZE_LIMIT = 64 * 1024 * 1024;

/** What a storage in this thread is made of; plain data, so that it can be sent to a worker. */
export interface StorageOptions {
  readonly path?: string | undefined;
  readonly durability?: "full" | "normal" | undefined;
  readonly busyTimeout?: number | undefined;
  readonly pagesAs?: "text" | "bytes" | undefined;
}

/** Opens the storage in this thread, whichever that is. */
export async function openStorage({
  path,
  durability = "full",
  busyTimeout,
  pagesAs,
}: StorageOptions): Promise<EventStorage> {
  if (path === "")
    throw new EventStoreError("invalid-argument", "path must not be empty: leave it out for memory", {
      argument: "path",
    });
  if (durability !== "full" && durability !== "normal") {
    throw new EventStoreError("invalid-argument", 'durability must be "full" or "normal"', { argument: "durability" });
  }
  if (path === undefined || path === ":memory:") {
    const driver = open(undefined);
    const info = { adapter: "better-sqlite3", backend: "memory", persisted: false, durability: "none" } as const;
    return openSqliteStorage(driver, { info, exclusive: true, pagesAs });
  }
  const file = resolve(path);
  const driver = open(file);
  return openSqliteStorage(driver, {
    info: { adapter: "better-sqlite3", backend: "file", persisted: true, durability },
    configure: () => configure(driver, durability),
    watchForeignWrites: (probe) => watchForeignWrites(file, probe),
    busyTimeout,
    pagesAs,
  });
}

function open(file: string | undefined): SqliteDriver {
  try {
    return openDriver(file);
  } catch (error) {
    if (codeOf(error) !== undefined) throw toStoreError({ codeOf }, error);
    // better-sqlite3 says this in an error of its own.
    if (error instanceof TypeError) throw unavailable("no-such-folder", `${error.message}: ${file}`, error);
    throw unavailable("driver", `better-sqlite3 does not work here: ${String(error)}`, error);
  }
}

function configure(driver: SqliteDriver, durability: "full" | "normal"): void {
  refuseUnsafeSqlite(driver);
  set(driver, "journal_mode", "wal", "wal");
  // Its own default in WAL mode is NORMAL, which does not flush commits.
  set(driver, "synchronous", durability, durability === "full" ? 2 : 1);
  set(driver, "wal_autocheckpoint", CHECKPOINT_PAGES, CHECKPOINT_PAGES);
  set(driver, "journal_size_limit", LOG_SIZE_LIMIT, LOG_SIZE_LIMIT);
  // A file that cannot be written opens without complaint: this is where it shows.
  driver.exec("BEGIN IMMEDIATE; ROLLBACK");
}

/** Sets a pragma and reads it back, because SQLite ignores what it cannot do. */
function set(driver: SqliteDriver, pragma: string, value: string | number, expected: string | number): void {
  driver.exec(`PRAGMA ${pragma} = ${value}`);
  const found = driver.prepare(`PRAGMA ${pragma}`).get()?.[0];
  if (found !== expected)
    throw unavailable("pragma", `SQLite did not take ${pragma} = ${value} here: it stayed at ${String(found)}`);
}

function refuseUnsafeSqlite(driver: SqliteDriver): void {
  const version = driver.prepare("SELECT sqlite_version()").get()?.[0] as string;
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const [oldMajor, oldMinor, oldPatch] = OLDEST_SAFE_SQLITE;
  if (major * 1e6 + minor * 1e3 + patch >= oldMajor * 1e6 + oldMinor * 1e3 + oldPatch) return;
  throw unavailable(
    "sqlite-version",
    `SQLite ${version} can corrupt a file that two connections write to: install a better-sqlite3 with ${OLDEST_SAFE_SQLITE.join(".")} or newer`,
  );
}

function unavailable(reason: string, message: string, cause?: unknown): EventStoreError {
  return new EventStoreError("storage-unavailable", message, { reason }, cause);
}
