import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  EventStoreError,
  isEventStoreError,
  messageOf,
  openSqliteStorage,
  toStoreError,
  type EventStorage,
  type SqliteDriver,
  describe,
} from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import { CHECKPOINT_PAGES, checkpointsElsewhere, type LogCheckpoints } from "./log-checkpoints.ts";
import { withLongWorkElsewhere } from "./long-work.ts";
import { watchForeignWrites } from "./foreign-writes.ts";
import { openToRead } from "./open-to-read.ts";
import { refuseFaulty } from "./refuse-faulty.ts";
import { refuseOtherThanFiles } from "./path.ts";

/** In older versions, two connections to one file could corrupt it (https://sqlite.org/wal.html#walresetbug). */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;

/** The log is truncated to this many bytes after a checkpoint. */
const LOG_SIZE_LIMIT = 64 * 1024 * 1024;

/** The options of a storage; plain data that can be sent to a worker. */
export interface StorageOptions {
  readonly path?: string | undefined;
  readonly durability?: "full" | "normal" | undefined;
  readonly busyTimeout?: number | undefined;
  readonly indexedMetadata?: readonly string[] | undefined;
  readonly pagesAs?: "text" | "bytes" | undefined;
  /**
   * "here": this thread also runs statements that may be endless, those with overlays on copies of the tables. Default: a
   * separate process runs them, if there is a file.
   */
  readonly longWork?: "here" | undefined;
  /** Whether the file is only shown: it has to exist, and nothing changes it, not even to upgrade it. */
  readonly readOnly?: boolean | undefined;
}

/** Opens the storage in the current thread. */
export async function openStorage(engine: Engine, options: StorageOptions): Promise<EventStorage> {
  checkValues(options);
  const { path, durability = "full", busyTimeout, indexedMetadata, pagesAs, readOnly = false } = options;
  if (path === undefined) {
    const driver = open(engine, undefined);
    const info = { adapter: engine.name, backend: "memory", persisted: false, durability: "none" } as const;
    return openSqliteStorage(driver, { info, exclusive: true, indexedMetadata, pagesAs });
  }
  let file = path;
  let checkpoints: LogCheckpoints | undefined;
  try {
    file = resolve(path);
    const driver = open(engine, file, readOnly);
    if (!readOnly && options.longWork !== "here") checkpoints = checkpointsElsewhere(engine, driver, file);
    const storage = await openSqliteStorage(checkpoints === undefined ? driver : telling(driver, checkpoints.wrote), {
      info: { adapter: engine.name, backend: "file", persisted: true, durability },
      configure: () => (readOnly ? refuseUnsafeSqlite(driver, engine) : configure(driver, durability, engine)),
      upgrades: !readOnly,
      watchForeignWrites: (probe) => watchForeignWrites(file, probe),
      busyTimeout,
      indexedMetadata,
      pagesAs,
      overlaysOnCopies: options.longWork === "here",
      ...(durability === "full" && { unflushed: <T>(work: () => T): T => unflushed(driver, work) }),
    });
    if (options.longWork === "here") return storage;
    const whole = checkpoints === undefined ? storage : closingFirst(checkpoints, storage);
    const { models } = whole;
    return models === undefined
      ? whole
      : withLongWorkElsewhere({ ...whole, models }, driver, engine, { ...options, path: file });
  } catch (error) {
    await checkpoints?.close();
    // SQLite's error does not name the file.
    if (!isEventStoreError(error)) {
      // Such as a permission that Deno has not been given.
      throw unavailable("driver", `${file}: ${engine.name} does not work here: ${describe(error)}`, error);
    }
    throw new EventStoreError(error.code, `${file}: ${error.message}`, error.details, error.cause);
  }
}

function checkValues({ durability, busyTimeout }: StorageOptions): void {
  if (durability !== undefined && durability !== "full" && durability !== "normal") {
    throw refused("durability", 'durability must be "full" or "normal"');
  }
  if (busyTimeout !== undefined && !(Number.isFinite(busyTimeout) && busyTimeout >= 0)) {
    throw refused("busyTimeout", "busyTimeout must be a number of milliseconds, 0 or more");
  }
}

function open(engine: Engine, file: string | undefined, readOnly = false): SqliteDriver {
  if (file !== undefined && !existsSync(dirname(file))) {
    throw unavailable("no-such-folder", "the folder does not exist: create it, or choose another path");
  }
  if (file !== undefined) refuseOtherThanFiles(file);
  try {
    refuseFaulty(engine);
    return file !== undefined && readOnly ? openToRead(engine, file) : engine.open(file);
  } catch (error) {
    if (isEventStoreError(error)) throw error;
    if (engine.codeOf(error) !== undefined) throw toStoreError(engine, error);
    throw unavailable("driver", `${engine.name} does not work here: ${describe(error)}${adviceOn(error)}`, error);
  }
}

/** A binding that is compiled is missing, or was compiled for another Node. */
function adviceOn(error: unknown): string {
  return /bindings file|NODE_MODULE_VERSION/.test(messageOf(error)) ? ": run npm rebuild, or install it again" : "";
}

function configure(driver: SqliteDriver, durability: "full" | "normal", engine: Engine): void {
  refuseUnsafeSqlite(driver, engine);
  set(driver, "journal_mode", "wal", "wal");
  // Some builds default to NORMAL in WAL mode, which does not flush commits.
  set(driver, "synchronous", durability, durability === "full" ? 2 : 1);
  set(driver, "wal_autocheckpoint", CHECKPOINT_PAGES, CHECKPOINT_PAGES);
  set(driver, "journal_size_limit", LOG_SIZE_LIMIT, LOG_SIZE_LIMIT);
  refuseReadOnly(driver);
}

/** The same driver, which tells of each transaction that has written. */
function telling(driver: SqliteDriver, onWritten: () => void): SqliteDriver {
  const transaction: SqliteDriver["transaction"] = (mode, work) => {
    const result = driver.transaction(mode, work);
    if (mode === "write") onWritten();
    return result;
  };
  return Object.assign(Object.create(driver) as SqliteDriver, { transaction });
}

/** The last connection that is closed copies the whole log, so the storage's own is the last one, as without a thread. */
function closingFirst(checkpoints: LogCheckpoints, storage: EventStorage): EventStorage {
  return {
    ...storage,
    async close() {
      await checkpoints.close();
      await storage.close();
    },
  };
}

/** Runs a transaction that is flushed with the next one. */
function unflushed<T>(driver: SqliteDriver, work: () => T): T {
  driver.exec("PRAGMA synchronous = normal");
  try {
    return work();
  } finally {
    flushAgain(driver);
  }
}

/** Never leaves a connection whose appends would not be flushed. */
function flushAgain(driver: SqliteDriver): void {
  try {
    driver.exec("PRAGMA synchronous = full");
  } catch (error) {
    driver.close();
    throw error;
  }
}

/** Opening a file without write permission succeeds, and so may beginning a transaction: only a write fails. */
function refuseReadOnly(driver: SqliteDriver): void {
  const undo = new Error("rolled back");
  try {
    driver.transaction("write", () => {
      const version = driver.prepare("PRAGMA user_version").get()?.[0] as number;
      driver.exec(`PRAGMA user_version = ${version}`);
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
}

/** Sets a pragma and reads it back, because SQLite silently ignores values that it cannot use. */
function set(driver: SqliteDriver, pragma: string, value: string | number, expected: string | number): void {
  driver.exec(`PRAGMA ${pragma} = ${value}`);
  const found = driver.prepare(`PRAGMA ${pragma}`).get()?.[0];
  if (found !== expected)
    throw unavailable("pragma", `SQLite did not accept ${pragma} = ${value}: the value stayed ${String(found)}`);
}

function refuseUnsafeSqlite(driver: SqliteDriver, { upgrade }: Engine): void {
  const version = driver.prepare("SELECT sqlite_version()").get()?.[0] as string;
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const [oldMajor, oldMinor, oldPatch] = OLDEST_SAFE_SQLITE;
  if (major * 1e6 + minor * 1e3 + patch >= oldMajor * 1e6 + oldMinor * 1e3 + oldPatch) return;
  const needed = OLDEST_SAFE_SQLITE.join(".");
  throw unavailable(
    "sqlite-version",
    `SQLite ${version} can corrupt a file that two connections write to: ${upgrade}, with SQLite ${needed} or newer`,
  );
}

function refused(argument: string, message: string): EventStoreError {
  return new EventStoreError("invalid-argument", message, { argument });
}

function unavailable(reason: string, message: string, cause?: unknown): EventStoreError {
  return new EventStoreError("storage-unavailable", message, { reason }, cause);
}
