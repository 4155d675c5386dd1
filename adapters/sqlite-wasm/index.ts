import {
  checkChoice,
  checkIndexedMetadata,
  checkOptions,
  checkVerb,
  invalidArgument,
  isEventStoreError,
  mustBe,
  type Adapter,
} from "../../src/adapter.ts";
import { askSafely, blocked } from "./shared/blocked.ts";
import type { Replacement, WasmSource } from "./shared/messages.ts";
import { resourceNames } from "./shared/resource-names.ts";
import { refuseWithoutBrowser, refuseWithoutMeans } from "./tab/means.ts";
import { replaceDatabase } from "./tab/replace.ts";
import { createWorkerFiles, type WorkerFiles } from "./tab/worker-files.ts";
import { openInMemory, openInTabs, type Role, type TabOptions, type TabStorage } from "./tab/storage.ts";

/** Where to keep the database, and how durably. */
export interface SqliteWasmOptions {
  /** The name of the database, which all tabs of the site share. Default: a database in memory, private to this store. */
  readonly name?: string;
  /**
   * "full", the default: acknowledged appends survive a power cut. "normal": a power cut may lose the last appends, but never
   * consistency. If a tab or the browser crashes, neither loses anything.
   */
  readonly durability?: "full" | "normal" | undefined;
  /**
   * Top-level keys of events' metadata, such as "userId", by which filtered reads take as long as what they find instead of scanning all
   * events. The database gets the keys of each tab that has it open as the leader, and keeps them, also if they are left out later. The
   * first time, the leader goes through all events once, while other tabs wait. Each event with such a key takes about 15 bytes more,
   * and appending it somewhat longer. Default: none.
   */
  readonly indexedMetadata?: readonly string[] | undefined;
  /**
   * What to do if the browser gives no private files (an insecure page, blocked cookies, some private windows, an old browser):
   * "memory" keeps the events until the page is closed, and `info()` says so. Default: opening rejects with `storage-unavailable`.
   */
  readonly fallback?: "memory" | undefined;
  /**
   * Creates the worker from a copy of the single file `rivulet/sqlite-wasm/worker`, if a bundler does not find it or a policy forbids its
   * address: `() => new Worker("/worker.js", { type: "module" })`. Default: the worker beside this module, or where the bundler put it.
   */
  readonly worker?: (() => Worker) | undefined;
  /**
   * SQLite's WebAssembly, a copy of `rivulet/sqlite-wasm/sqlite3.wasm`: its URL, relative to the page, its bytes, or the compiled module.
   * Default: the file `sqlite3.wasm` beside the worker.
   */
  readonly wasm?: string | URL | BufferSource | WebAssembly.Module | undefined;
}

/** The verbs that a store in a browser has in addition. */
export interface SqliteWasmVerbs {
  /**
   * Asks the browser never to evict this site's data; the browser may ask the user. Resolves with whether it promised.
   *
   * @example
   * ```ts
   * const bank = await openEventStore(sqliteWasm({ name: "bank" }));
   * const { persisted } = await bank.info();
   * if (!persisted && !(await bank.requestPersistence())) console.log("export the database from time to time");
   * ```
   */
  requestPersistence(): Promise<boolean>;
  /**
   * Calls the listener whenever this tab becomes the leader, which has the database open, or a follower. Returns a function that removes
   * the listener.
   *
   * @example
   * ```ts
   * const bank = await openEventStore(sqliteWasm({ name: "bank" }));
   * const unsubscribe = bank.onRoleChange((role) => console.log(role));
   * unsubscribe();
   * ```
   */
  onRoleChange(listener: (role: Role) => void): () => void;
  /**
   * Resolves with the database as the bytes of a SQLite file, as of this moment.
   *
   * @throws `store-closed`, `storage-unavailable` or another storage code.
   * @example
   * ```ts
   * const bank = await openEventStore(sqliteWasm({ name: "bank" }));
   * const bytes = await bank.exportDatabase();
   * const file = new Blob([new Uint8Array(bytes)], { type: "application/vnd.sqlite3" });
   * ```
   */
  exportDatabase(): Promise<Uint8Array>;
  /**
   * Replaces this database with an exported one, in one step. Afterwards every store that had the old database open, in all tabs and
   * also this one, fails with `store-replaced`: open it again.
   *
   * @throws `storage-format` or `storage-corrupt` for an invalid database, `invalid-argument` for a store in memory, `storage-full` or
   * another storage code. Then nothing has changed.
   * @example
   * ```ts
   * const bank = await openEventStore(sqliteWasm({ name: "bank" }));
   * const response = await fetch("/backup.db");
   * await bank.importDatabase(new Uint8Array(await response.arrayBuffer()));
   * ```
   */
  importDatabase(bytes: Uint8Array): Promise<void>;
  /**
   * Deletes the database of this name. Afterwards every store that had it open fails with `store-replaced`.
   *
   * @throws `invalid-argument` for a store in memory, `storage-unavailable` or another storage code.
   * @example
   * ```ts
   * const bank = await openEventStore(sqliteWasm({ name: "bank" }));
   * await bank.destroy();
   * const empty = await openEventStore(sqliteWasm({ name: "bank" }));
   * ```
   */
  destroy(): Promise<void>;
}

/**
 * Keeps events in a SQLite database in the browser's origin private file system, which all tabs of the site share.
 *
 * @throws when the store is opened: `storage-unavailable` with the reason, `storage-format`, `storage-corrupt` or
 * `client-outdated`; `invalid-argument` for an invalid option.
 * @example
 * ```ts
 * const bank = await openEventStore(sqliteWasm({ name: "bank" }));
 * await bank.stream("account-1").append({ type: "deposited", data: { amount: 100 } });
 * const { backend } = await bank.info();
 * console.log(backend); // → opfs
 * ```
 */
export function sqliteWasm(options: SqliteWasmOptions = {}): Adapter<SqliteWasmVerbs> {
  return {
    name: "sqlite-wasm",
    async open() {
      // A misspelt or undefined name would silently be a database in memory.
      checkOptions(options, ["name", "durability", "indexedMetadata", "fallback", "worker", "wasm"]);
      if ("name" in options && options.name === undefined) {
        throw invalidArgument("name", "name is undefined: give a name, or leave it out for a database in memory");
      }
      if (options.worker !== undefined) checkVerb(options.worker, "call", "worker", "a function");
      refuseWithoutBrowser(globalThis.Worker ?? globalThis.isSecureContext);
      const listeners = new Set<(role: Role) => void>();
      const files = createWorkerFiles(
        options.worker ?? makeDefaultWorker,
        options.worker === undefined,
        sourceOf(options.wasm),
      );
      const storage = await open(options, files, (role) => {
        for (const listener of [...listeners]) {
          try {
            listener(role);
          } catch (error) {
            // The page hears of an error of its listener as of any uncaught error; nothing else is disturbed.
            reportError(error);
          }
        }
      }).catch((error: unknown) => {
        throw blocked(error);
      });
      const replace = async (replacement: Replacement): Promise<void> => {
        const { backend } = await storage.info();
        // A database without a name is always in memory.
        if (backend === "memory") {
          throw invalidArgument("name", "only a database with a name can be replaced, and this one is in memory");
        }
        await replaceDatabase(options.name as string, files, replacement);
      };
      return {
        storage,
        verbs: {
          requestPersistence: () => askSafely(async () => navigator.storage.persist(), false),
          onRoleChange(listener) {
            checkVerb(listener, "call", "listener", "a function");
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          exportDatabase: async () => (await storage.verb("exportDatabase")) as Uint8Array,
          async importDatabase(bytes) {
            if (!(bytes instanceof Uint8Array)) throw mustBe("bytes", "a Uint8Array");
            await replace({ bytes });
          },
          destroy: () => replace("nothing"),
        },
      };
    },
  };
}

/** Reasons for which a browser, or a page, cannot store files at all. */
const WITHOUT_FILES: ReadonlySet<unknown> = new Set([
  "no-browser",
  "insecure-page",
  "old-browser",
  "blocked",
  "no-files",
  "no-sync-access",
]);

async function open(given: SqliteWasmOptions, files: WorkerFiles, onRole: TabOptions["onRole"]): Promise<TabStorage> {
  checkValues(given);
  const { name, durability = "full", indexedMetadata, fallback } = given;
  const options = { start: { durability, indexedMetadata }, files, onRole };
  if (name === undefined) return openInMemory(options);
  resourceNames(name);
  try {
    await refuseWithoutMeans();
    return await openInTabs(name, options);
  } catch (error) {
    const without = isEventStoreError(error, "storage-unavailable") && WITHOUT_FILES.has(error.details.reason);
    if (fallback === "memory" && without) return openInMemory(options);
    throw error;
  }
}

/** Bundlers look for exactly this expression, and replace it with the worker's final address. */
function makeDefaultWorker(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

function sourceOf(wasm: SqliteWasmOptions["wasm"]): WasmSource | undefined {
  const known =
    wasm === undefined || ArrayBuffer.isView(wasm) || wasm instanceof ArrayBuffer || wasm instanceof WebAssembly.Module;
  if (known) return wasm;
  try {
    if (typeof wasm === "string" || wasm instanceof URL) return new URL(wasm, location.href).href;
  } catch {
    // Not a valid address.
  }
  throw mustBe("wasm", "a URL, bytes, or a WebAssembly.Module");
}

function checkValues({ durability = "full", indexedMetadata, fallback = "memory" }: SqliteWasmOptions): void {
  checkChoice(durability, "durability", "full", "normal");
  checkChoice(fallback, "fallback", "memory");
  // In each tab, and not only in the worker that opens the database: a tab may lead later.
  checkIndexedMetadata(indexedMetadata);
}
