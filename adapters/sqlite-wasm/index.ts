import { EventStoreError, isEventStoreError, type Adapter, type EventStorage } from "../../src/adapter.ts";
import { placesOf } from "./places.ts";
import { openInMemory, openInTabs, type Role, type TabOptions } from "./storage.ts";

export interface SqliteWasmOptions {
  /**
   * Which database of this site: every tab that opens this name shares it. Default: a database in memory, private to this
   * store and gone with it.
   */
  readonly name?: string | undefined;
  /**
   * "full", the default: what was acknowledged survives a power cut. "normal": a power cut may take the last commits,
   * never consistency; a tab or browser that crashes loses nothing either way.
   */
  readonly durability?: "full" | "normal" | undefined;
  /**
   * What to do where the browser gives no private files (an insecure page, some private windows, an old browser): "memory"
   * keeps events for as long as the page lives, and `info()` says so. Default: opening rejects with `storage-unavailable`.
   */
  readonly fallback?: "memory" | undefined;
  /** Makes the worker, for bundlers and policies that need it; default: `rivulet/sqlite-wasm/worker` as a module. */
  readonly worker?: (() => Worker) | undefined;
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
}

/** Keeps events in SQLite, in the browser's origin private file system, shared by all tabs of the site. */
export function sqliteWasm(options: SqliteWasmOptions = {}): Adapter<SqliteWasmVerbs> {
  return {
    name: "sqlite-wasm",
    async open() {
      const listeners = new Set<(role: Role) => void>();
      const storage = await open(options, (role) => {
        for (const listener of [...listeners]) listener(role);
      });
      return {
        storage,
        verbs: {
          requestPersistence: async () => navigator.storage?.persist() ?? false,
          onRoleChange(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },
      };
    },
  };
}

/** Reasons of a browser, or a page, that cannot keep files at all. */
const WITHOUT_FILES: ReadonlySet<unknown> = new Set(["insecure-page", "old-browser", "no-files", "no-sync-access"]);

async function open(
  { name, durability = "full", fallback, worker: makeWorker = makeDefaultWorker }: SqliteWasmOptions,
  onRole: TabOptions["onRole"],
): Promise<EventStorage> {
  const options = { durability, makeWorker, onRole };
  checkOptions(durability, fallback);
  if (name === undefined) return openInMemory(options);
  placesOf(name);
  try {
    refuseWithoutMeans();
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

function checkOptions(durability: unknown, fallback: unknown): void {
  if (durability !== "full" && durability !== "normal") {
    throw refused("durability", 'durability must be "full" or "normal"');
  }
  if (fallback !== undefined && fallback !== "memory") throw refused("fallback", 'fallback can only be "memory"');
}

function refused(argument: string, message: string): EventStoreError {
  return new EventStoreError("invalid-argument", message, { argument });
}

function refuseWithoutMeans(): void {
  if (!globalThis.isSecureContext) {
    throw unavailable(
      "insecure-page",
      "only a page loaded by https, or from this machine, is given files by a browser",
    );
  }
  const missing = ["locks", "storage"].filter((means) => !(means in navigator));
  if (typeof BroadcastChannel === "undefined") missing.push("BroadcastChannel");
  if (missing.length === 0 && "getDirectory" in navigator.storage) return;
  throw unavailable("old-browser", `this browser is too old: it lacks ${missing.join(", ") || "private files"}`);
}

function unavailable(reason: string, message: string): EventStoreError {
  return new EventStoreError("storage-unavailable", message, { reason });
}
