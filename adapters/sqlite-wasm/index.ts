import { checkOptions, EventStoreError, isEventStoreError, type Adapter } from "../../src/adapter.ts";
import { askSafely, blocked } from "./shared/blocked.ts";
import type { Replacement, WasmSource } from "./shared/messages.ts";
import { placesOf } from "./shared/places.ts";
import { refuseWithoutMeans } from "./tab/means.ts";
import { replaceDatabase } from "./tab/replace.ts";
import { queueMicrotask } from "./shared/timers.ts";
import { createWorkerFiles, type WorkerFiles } from "./tab/worker-files.ts";
import { openInMemory, openInTabs, type Role, type TabOptions, type TabStorage } from "./tab/storage.ts";

export interface SqliteWasmOptions {
  /**
   * Which database of this site: every tab that opens this name shares it. Default: a database in memory, private to this
   * store and gone with it.
   */
  readonly name?: string;
  /**
   * "full", the default: what was acknowledged survives a power cut. "normal": a power cut may take the last commits,
   * never consistency; a tab or browser that crashes loses nothing either way.
   */
  readonly durability?: "full" | "normal" | undefined;
  /**
   * What to do where the browser gives no private files (an insecure page, blocked cookies, some private windows, an old browser): "memory"
   * keeps events for as long as the page lives, and `info()` says so. Default: opening rejects with `storage-unavailable`.
   */
  readonly fallback?: "memory" | undefined;
  /**
   * Makes the worker, from a copy of `rivulet/sqlite-wasm/worker`, a single file, where a bundler does not find it or a policy forbids its
   * place: `() => new Worker("/worker.js", { type: "module" })`. Default: found by what bundlers know, or beside this module.
   */
  readonly worker?: (() => Worker) | undefined;
  /**
   * SQLite's WebAssembly, `rivulet/sqlite-wasm/sqlite3.wasm`: its address, relative to the page, its bytes, or the compiled module. Default: the file
   * `sqlite3.wasm` beside the worker.
   */
  readonly wasm?: string | URL | BufferSource | WebAssembly.Module | undefined;
}

/** What a store in a browser can do besides. */
export interface SqliteWasmVerbs {
  /** Asks the browser never to evict this site's data; it may ask the user, and resolves with what holds from now on. */
  requestPersistence(): Promise<boolean>;
  /**
   * Calls back whenever this tab becomes the leader, which has the database open, or ceases to be it. `info()` tells the
   * role of now. Returns what ends it.
   */
  onRoleChange(listener: (role: Role) => void): () => void;
  /** The database as the bytes of a SQLite file, complete up to this moment, which every SQLite opens. */
  exportDatabase(): Promise<Uint8Array>;
  /**
   * Puts an exported database in the place of this one, in one step. It is checked before: `storage-format` or
   * `storage-corrupt`, and then nothing has changed. After it, in every tab, stores that had the old one open end with
   * `store-replaced`, this one too: open it again. Throws `invalid-argument` for a store in memory.
   */
  importDatabase(bytes: Uint8Array): Promise<void>;
  /** Removes everything that is stored under this name. What holds of `importDatabase` holds here. */
  destroy(): Promise<void>;
}

/** Keeps events in SQLite, in the browser's origin private file system, shared by all tabs of the site. */
export function sqliteWasm(options: SqliteWasmOptions = {}): Adapter<SqliteWasmVerbs> {
  return {
    name: "sqlite-wasm",
    async open() {
      // A misspelt name, or one that is missing where it comes from, would be a database in memory without a word.
      checkOptions(options, ["name", "durability", "fallback", "worker", "wasm"]);
      if ("name" in options && options.name === undefined) {
        throw refused("name", "name is undefined: give one, or leave it out for a database in memory");
      }
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
            // The listener's own: thrown where nothing else is under way.
            queueMicrotask(() => {
              throw error;
            });
          }
        }
      }).catch((error: unknown) => {
        throw blocked(error);
      });
      const replace = async (replacement: Replacement): Promise<void> => {
        const { name } = options;
        const { backend } = await storage.info();
        if (name === undefined || backend === "memory") {
          throw refused("name", "only a database that has a name can be replaced, and this one is in memory");
        }
        await replaceDatabase(name, files, replacement);
      };
      return {
        storage,
        verbs: {
          requestPersistence: () => askSafely(async () => navigator.storage.persist(), false),
          onRoleChange(listener) {
            if (typeof listener !== "function") throw refused("listener", "listener must be a function");
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          exportDatabase: async () => (await storage.verb("exportDatabase")) as Uint8Array,
          async importDatabase(bytes) {
            if (!(bytes instanceof Uint8Array)) throw refused("bytes", "bytes must be a Uint8Array");
            await replace({ bytes });
          },
          destroy: () => replace("nothing"),
        },
      };
    },
  };
}

/** Reasons of a browser, or a page, that cannot keep files at all. */
const WITHOUT_FILES: ReadonlySet<unknown> = new Set([
  "insecure-page",
  "old-browser",
  "blocked",
  "no-files",
  "no-sync-access",
]);

async function open(
  { name, durability = "full", fallback }: SqliteWasmOptions,
  files: WorkerFiles,
  onRole: TabOptions["onRole"],
): Promise<TabStorage> {
  const options = { durability, files, onRole };
  checkValues(durability, fallback);
  if (name === undefined) return openInMemory(options);
  placesOf(name);
  try {
    await refuseWithoutMeans();
    return await openInTabs(name, options);
  } catch (error) {
    const without = isEventStoreError(error, "storage-unavailable") && WITHOUT_FILES.has(error.details.reason);
    if (fallback === "memory" && without) return openInMemory(options);
    throw error;
  }
}

/** Bundlers look for exactly this expression, and put the worker where it will be found. */
function makeDefaultWorker(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
}

function sourceOf(wasm: SqliteWasmOptions["wasm"]): WasmSource | undefined {
  if (typeof wasm === "string" || wasm instanceof URL) return new URL(wasm, location.href).href;
  const known =
    wasm === undefined || ArrayBuffer.isView(wasm) || wasm instanceof ArrayBuffer || wasm instanceof WebAssembly.Module;
  if (known) return wasm;
  throw refused("wasm", "wasm must be an address, bytes, or a WebAssembly.Module");
}

function checkValues(durability: unknown, fallback: unknown): void {
  if (durability !== "full" && durability !== "normal") {
    throw refused("durability", 'durability must be "full" or "normal"');
  }
  if (fallback !== undefined && fallback !== "memory") throw refused("fallback", 'fallback can only be "memory"');
}

function refused(argument: string, message: string): EventStoreError {
  return new EventStoreError("invalid-argument", message, { argument });
}
