import type { Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import {
  EventStoreError,
  openSqliteStorage,
  renewLineage,
  toStoreError,
  verifyDatabase,
  type SqliteDriver,
} from "../../../src/adapter.ts";
import { openDatabase, openFile } from "./database.ts";
import { openDriver, type WasmDriver } from "./driver.ts";
import type { Replacement } from "../shared/messages.ts";
import { resourceNames, type ResourceNames } from "../shared/resource-names.ts";
import { nameFullDisk } from "./full-disk.ts";
import { openPool } from "./pool.ts";
import { removeDatabase } from "./removal.ts";
import type { Sqlite } from "./sqlite.ts";

export interface ReplaceOptions {
  readonly sqlite: Sqlite;
  readonly name: string;
  readonly replacement: Replacement;
  /** Called when the replacement is found valid; until then nothing is changed. */
  readonly checked: () => void;
  /** Called when the replacement is complete. */
  readonly leading: (database: string) => void;
}

/**
 * Replaces or removes the database of a store: checks the replacement first, then, once all tabs have released the
 * database, replaces it in one transaction. Rejects with `storage-format` or `storage-corrupt` for an invalid
 * replacement; then nothing has changed.
 */
export async function replace({ sqlite, name, replacement, checked, leading }: ReplaceOptions): Promise<void> {
  const names = resourceNames(name);
  const source = replacement === "nothing" ? undefined : await openCopy(sqlite.sqlite3, replacement.bytes);
  checked();
  await navigator.locks.request(names.leader, async () => {
    if (source === undefined) await removeDatabase(names);
    else await overwrite(sqlite, names, source);
  });
  leading("");
}

/** Opens a copy of the imported database in memory, with an identity of its own. */
async function openCopy(sqlite3: Sqlite3Static, bytes: Uint8Array): Promise<WasmDriver> {
  const driver = openDriver(sqlite3);
  try {
    deserialize(sqlite3, driver, bytes);
    refuseStrangers(driver);
    // Refuses a file that is not rivulet's or is newer, and upgrades an older one.
    await openSqliteStorage(Object.assign(Object.create(driver) as WasmDriver, { close: () => undefined }), {
      info: { adapter: "sqlite-wasm", backend: "memory", persisted: false, durability: "none" },
      exclusive: true,
    });
    await refuseDamage(driver);
    renewLineage(driver);
    return driver;
  } catch (error) {
    driver.close();
    throw toStoreError(driver, error);
  }
}

const FREE_ON_CLOSE = 1;
const RESIZEABLE = 2;

/** https://sqlite.org/c3ref/deserialize.html */
function deserialize({ capi, wasm }: Sqlite3Static, { pointer }: WasmDriver, bytes: Uint8Array): void {
  const own = bytes.slice();
  // The header flags of WAL mode, which a database in memory cannot have (https://sqlite.org/fileformat.html, bytes 18
  // and 19).
  if (own.length > 20) own.fill(1, 18, 20);
  const memory = wasm.allocFromTypedArray(own);
  const code = capi.sqlite3_deserialize(pointer, "main", memory, own.length, own.length, FREE_ON_CLOSE | RESIZEABLE);
  if (code !== 0) throw notOurs(`SQLite does not accept it (${capi.sqlite3_js_rc_str(code)})`);
}

function refuseStrangers(driver: SqliteDriver): void {
  const [tables] = driver.prepare("SELECT count(*) FROM sqlite_schema").get() as [number];
  if (tables === 0) throw notOurs("it is empty");
}

/** Checks the whole database before it replaces another. @throws `storage-corrupt` for the first problem. */
async function refuseDamage(driver: SqliteDriver): Promise<void> {
  await verifyDatabase(driver, {
    onProblem({ where, what }) {
      throw new EventStoreError("storage-corrupt", `the imported database is damaged: ${where}: ${what}`, {});
    },
  });
}

function notOurs(why: string): EventStoreError {
  const message = `the imported file is not a rivulet database: ${why}`;
  return new EventStoreError("storage-format", message, { found: "unknown", supported: 1 });
}

/**
 * Overwrites the database in one transaction, so that a crash leaves either all of the old database or all of the new
 * one (https://sqlite.org/c3ref/backup_finish.html).
 */
async function overwrite(sqlite: Sqlite, names: ResourceNames, source: WasmDriver): Promise<void> {
  const { sqlite3 } = sqlite;
  // Opened in the usual way first, so that it exists, has the current format, and has its log.
  const target = await openDatabase(sqlite, names.directory, { durability: "full" });
  await target.close();
  const pool = await openPool(sqlite3, names.directory);
  const driver = openFile(sqlite3, pool);
  try {
    copyPages(sqlite3, source, driver);
  } catch (error) {
    throw await nameFullDisk(error, sqlite);
  } finally {
    driver.close();
    source.close();
    pool.pauseVfs();
  }
}

function copyPages(sqlite3: Sqlite3Static, source: WasmDriver, target: WasmDriver): void {
  const { sqlite3_backup_init, sqlite3_backup_step, sqlite3_backup_finish } = sqlite3.wasm.exports as BackupExports;
  const main = sqlite3.wasm.allocCString("main", false);
  const backup = sqlite3_backup_init(target.pointer, main, source.pointer, main);
  const step = backup === 0 ? undefined : sqlite3_backup_step(backup, -1);
  const end = backup === 0 ? undefined : sqlite3_backup_finish(backup);
  sqlite3.wasm.dealloc(main);
  if (step === DONE && end === 0) return;
  const code = sqlite3.capi.sqlite3_js_rc_str(end ?? step ?? 1) ?? "unknown";
  throw new EventStoreError("storage-unavailable", `the import could not be written: ${code}`, { reason: code });
}

const DONE = 101;

interface BackupExports {
  sqlite3_backup_init(target: number, targetName: number, source: number, sourceName: number): number;
  sqlite3_backup_step(backup: number, pages: number): number;
  sqlite3_backup_finish(backup: number): number;
}
