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
import { placesOf, type Places } from "../shared/places.ts";
import { nameFullDisk } from "./full-disk.ts";
import { openPool } from "./pool.ts";
import { removeDatabase } from "./removal.ts";
import type { Sqlite } from "./sqlite.ts";

export interface ReplaceOptions {
  readonly sqlite: Sqlite;
  readonly name: string;
  readonly replacement: Replacement;
  /** Called when the replacement is found good; nothing is changed until then. */
  readonly checked: () => void;
  /** Called when it is done. */
  readonly leading: (database: string) => void;
}

/**
 * Puts another database in the place of a store's, or none: checked first, then, once all tabs have let go, in one
 * transaction. Rejects with `storage-format` or `storage-corrupt` for what is no good, and then nothing has changed.
 */
export async function replace({ sqlite, name, replacement, checked, leading }: ReplaceOptions): Promise<void> {
  const places = placesOf(name);
  const source = replacement === "nothing" ? undefined : await openCopy(sqlite.sqlite3, replacement.bytes);
  checked();
  await navigator.locks.request(places.leader, async () => {
    if (source === undefined) await removeDatabase(places);
    else await overwrite(sqlite, places, source);
  });
  leading("");
}

/** A copy in memory of what is to be imported, with an identity of its own. */
async function openCopy(sqlite3: Sqlite3Static, bytes: Uint8Array): Promise<WasmDriver> {
  const driver = openDriver(sqlite3);
  try {
    deserialize(sqlite3, driver, bytes);
    refuseStrangers(driver);
    // Refuses what is not rivulet's, or newer, and brings what is older to the present format.
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
  // The marks of a log, which a database in memory cannot have (https://sqlite.org/fileformat.html, bytes 18 and 19).
  if (own.length > 20) own.fill(1, 18, 20);
  const memory = wasm.allocFromTypedArray(own);
  const code = capi.sqlite3_deserialize(pointer, "main", memory, own.length, own.length, FREE_ON_CLOSE | RESIZEABLE);
  if (code !== 0) throw notOurs(`SQLite does not take it (${capi.sqlite3_js_rc_str(code)})`);
}

function refuseStrangers(driver: SqliteDriver): void {
  const [tables] = driver.prepare("SELECT count(*) FROM sqlite_schema").get() as [number];
  if (tables === 0) throw notOurs("it is empty");
}

/** Everything in it is looked at before it takes another's place. Throws `storage-corrupt` for the first thing that cannot be. */
async function refuseDamage(driver: SqliteDriver): Promise<void> {
  await verifyDatabase(driver, {
    onProblem({ where, what }) {
      throw new EventStoreError("storage-corrupt", `what is to be imported is damaged: ${where}: ${what}`, {});
    },
  });
}

function notOurs(why: string): EventStoreError {
  const message = `what is to be imported is not a database of rivulet: ${why}`;
  return new EventStoreError("storage-format", message, { found: "unknown", supported: 1 });
}

/** One transaction, so that a crash leaves either all of the one or all of the other (https://sqlite.org/c3ref/backup_finish.html). */
async function overwrite(sqlite: Sqlite, places: Places, source: WasmDriver): Promise<void> {
  const { sqlite3 } = sqlite;
  // Opened as always first, so that it is made, or brought to the present format, and has its log.
  const target = await openDatabase(sqlite, places.directory, "full");
  await target.close();
  const pool = await openPool(sqlite3, places.directory);
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
