import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Database, SAHPoolUtil, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import type { Adapter } from "rivulet";
import { openSqliteStorage, type SqliteDriver, type SqliteValue } from "rivulet/adapter";
import type { Disk, StoredFile } from "./disk.ts";
import { mountDisk } from "./file-system.ts";

export type Durability = "full" | "normal";

export interface PoolVerbs {
  /** What SQLite itself finds wrong with the file: `["ok"]`. */
  check(): unknown[];
}

type Init = (module: object) => Promise<Sqlite3Static>;

/** Boots SQLite anew each time it is called, as a browser would boot a worker. */
export type BootSqlite = () => Promise<Sqlite3Static>;

/** Loads the browser's build of the npm package, with the VFS that Node's build lacks. */
export async function loadSqlite(): Promise<BootSqlite> {
  const folder = join(dirname(createRequire(import.meta.url).resolve("@sqlite.org/sqlite-wasm/package.json")), "dist");
  const { default: init } = (await import(pathToFileURL(join(folder, "index.mjs")).href)) as { default: Init };
  const module = await WebAssembly.compile(readFileSync(join(folder, "sqlite3.wasm")));
  // The VFSes that nobody asked for would complain that this is no browser; that of the pool complains of the power.
  const config = { disable: { vfs: { opfs: true, "opfs-wl": true } }, warn: () => undefined, error: () => undefined };
  return () => {
    Object.assign(globalThis, { sqlite3ApiConfig: config });
    return init({
      instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
        const instantiate = async (): Promise<void> => done(await WebAssembly.instantiate(module, imports));
        void instantiate();
        return {};
      },
    });
  };
}

interface PoolOptions {
  readonly durability: Durability;
  /** After how many pages in the log there is a checkpoint. */
  readonly checkpointPages: number;
}

/** A store over the real opfs-sahpool VFS, on a disk in memory. */
export function onDisk(boot: BootSqlite, disk: Disk, options: PoolOptions): Adapter<PoolVerbs> {
  return {
    name: "pool",
    async open() {
      const unmount = mountDisk(disk);
      try {
        const sqlite3 = await boot();
        const pool = await sqlite3.installOpfsSAHPoolVfs(POOL);
        const database = new pool.OpfsSAHPoolDb("/events.db");
        const driver = openDriver(sqlite3, database, pool);
        // Before anything is read: without shared memory, a log can be read only by one who has it all to himself.
        driver.exec("PRAGMA locking_mode = exclusive");
        const storage = await openSqliteStorage(driver, {
          info: { adapter: "pool", backend: "opfs", persisted: true, durability: options.durability },
          exclusive: true,
          configure: () => configure(driver, options),
        });
        return {
          storage,
          defer: setImmediate,
          verbs: { check: () => database.selectValues("PRAGMA integrity_check") },
        };
      } finally {
        unmount();
      }
    },
  };
}

/** The defaults delete the pool when it cannot be opened, and complain of every loss of power. */
const POOL = { name: "pool", initialCapacity: 4, preserveOnInitFailure: true, verbosity: 0 };

function configure(driver: SqliteDriver, { durability, checkpointPages }: PoolOptions): void {
  driver.exec("PRAGMA journal_mode = wal");
  driver.exec(`PRAGMA synchronous = ${durability}`);
  driver.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  if (driver.prepare("PRAGMA journal_mode").get()?.[0] !== "wal") throw new Error("there is no write-ahead log");
}

function openDriver(sqlite3: Sqlite3Static, database: Database, pool: SAHPoolUtil): SqliteDriver {
  const { capi } = sqlite3;
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      const bind = (values: readonly SqliteValue[]): void => {
        if (values.length > 0) statement.bind(values as SqliteValue[]);
      };
      const all = (values: readonly SqliteValue[], most: number): SqliteValue[][] => {
        bind(values);
        try {
          const rows: SqliteValue[][] = [];
          while (rows.length < most && statement.step()) rows.push(statement.get([]) as SqliteValue[]);
          return rows;
        } finally {
          statement.reset();
        }
      };
      return {
        run: (...values) => void all(values, Infinity),
        get: (...values) => all(values, 1)[0],
        all: (...values) => all(values, Infinity),
      };
    },
    exec: (sql) => void database.exec(sql),
    get inTransaction() {
      return capi.sqlite3_get_autocommit(database) === 0;
    },
    codeOf: (error) => (error instanceof sqlite3.SQLite3Error ? capi.sqlite3_js_rc_str(error.resultCode) : undefined),
    close() {
      database.close();
      pool.pauseVfs();
    },
  };
}

/** Under which name the pool keeps a file of the disk; the VFS writes it at the file's beginning. */
export function nameInPool(file: StoredFile): string {
  const header = new Uint8Array(512);
  file.seen.read(header, 0);
  return new TextDecoder().decode(header.subarray(0, Math.max(0, header.indexOf(0))));
}
