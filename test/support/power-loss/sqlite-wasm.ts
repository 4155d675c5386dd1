import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Database, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import type { Adapter } from "rivulet";
// Below the adapter's entry point, where its worker would be: Node has no browser workers.
import { openDatabase } from "../../../dist/adapters/sqlite-wasm/worker/database.js";
import { unawaited } from "../unawaited.ts";
import type { Disk, StoredFile } from "./disk.ts";
import { mountDisk } from "./file-system.ts";

export interface PoolOptions {
  readonly durability: "full" | "normal";
  readonly indexedMetadata?: readonly string[];
  /** The number of pages in the log at which a checkpoint runs; default: the adapter's. */
  readonly checkpointPages?: number;
}

export interface PoolVerbs {
  /** The result of SQLite's integrity check: `["ok"]`. */
  check(): unknown[];
}

/** Loads SQLite anew on each call, as a browser would in a new worker. */
export type BootSqlite = () => Promise<Sqlite3Static>;

type Initialize = (module: object) => Promise<Sqlite3Static>;

/** Loads the browser's build of the npm package, with the VFS that Node's build lacks. */
export async function loadSqlite(): Promise<BootSqlite> {
  const folder = join(dirname(createRequire(import.meta.url).resolve("@sqlite.org/sqlite-wasm/package.json")), "dist");
  const build = (await import(pathToFileURL(join(folder, "index.mjs")).href)) as { default: Initialize };
  const module = await WebAssembly.compile(readFileSync(join(folder, "sqlite3.wasm")));
  // The unused VFSes would report that this is not a browser, and the pool's VFS that the power failed.
  const config = { disable: { vfs: { opfs: true, "opfs-wl": true } }, warn: () => undefined, error: () => undefined };
  return () => {
    Object.assign(globalThis, { sqlite3ApiConfig: config });
    return build.default({
      instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
        const instantiate = async (): Promise<void> => done(await WebAssembly.instantiate(module, imports));
        unawaited(instantiate());
        return {};
      },
    });
  };
}

/** The adapter's own storage over the real opfs-sahpool VFS, on a disk in memory. */
export function onDisk(boot: BootSqlite, disk: Disk, { checkpointPages, ...options }: PoolOptions): Adapter<PoolVerbs> {
  return {
    name: "power-loss",
    async open() {
      const unmount = mountDisk(disk);
      try {
        const sqlite3 = await boot();
        const connections = noteConnections(sqlite3);
        const sqlite = { sqlite3, takeError: () => undefined };
        const { storage, close } = await openDatabase(sqlite, ".events", options);
        const [connection] = connections as [Database];
        if (checkpointPages !== undefined) connection.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
        return {
          storage: { ...storage, close },
          defer: setImmediate,
          verbs: { check: () => connection.selectValues("PRAGMA integrity_check") },
        };
      } finally {
        unmount();
      }
    },
  };
}

/** Every connection that is opened from now on. */
function noteConnections({ oo1 }: Sqlite3Static): Database[] {
  const opened: Database[] = [];
  oo1.DB = new Proxy(oo1.DB, {
    construct(DB, options, target) {
      const connection = Reflect.construct(DB, options, target) as Database;
      opened.push(connection);
      return connection;
    },
  });
  return opened;
}

/** Returns the pool's name for a file of the disk; the VFS writes it at the start of the file. */
export function nameInPool(file: StoredFile): string {
  const header = new Uint8Array(512);
  file.seen.read(header, 0);
  return new TextDecoder().decode(header.subarray(0, Math.max(0, header.indexOf(0))));
}
