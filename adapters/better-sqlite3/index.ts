// The module's own: a test may have put a fake in the place of the global, before this was loaded or after.
import { setImmediate } from "node:timers";
import type { Worker } from "node:worker_threads";
import { checkOptions, invalidArgument, type Adapter } from "../../src/adapter.ts";
import { fileOf } from "./path.ts";
import { openStorage } from "./storage.ts";
import { openInWorker } from "./worker-storage.ts";

/** A `URL`, by its shape: an application without the types of Node or the DOM has no such name. */
export interface FileUrl {
  readonly protocol: string;
  readonly href: string;
}

/** A `Worker` of `node:worker_threads`, by its shape: an application without the types of Node has no use for it. */
export interface WorkerThread {
  readonly threadId: number;
  postMessage(message: unknown): void;
  terminate(): Promise<number>;
}

export interface BetterSqlite3Options {
  /**
   * The database file, by its name or a `file:` URL; made when it is not there, its folder must be. Default: a database in
   * memory, private to this store.
   */
  readonly path?: string | FileUrl;
  /**
   * "full", the default: what was acknowledged survives a power cut. "normal": a power cut may take the last commits,
   * never consistency; a killed process loses nothing either way.
   */
  readonly durability?: "full" | "normal" | undefined;
  /** How long an append waits while other processes write, in milliseconds, before `storage-busy`; default 10,000. */
  readonly busyTimeout?: number | undefined;
  /**
   * Whether SQLite works in a worker thread, so that neither its waits for the disk nor long reads hold up this one; default
   * false: less to pass around, and less delay for a single call. A function makes that thread, where a bundler has moved things: from a copy of
   * `rivulet/better-sqlite3/worker`, a single file that imports better-sqlite3 alone.
   */
  readonly worker?: boolean | (() => WorkerThread) | undefined;
}

/** Keeps events in a SQLite file through better-sqlite3. Several processes may share the file. */
export function betterSqlite3(options: BetterSqlite3Options = {}): Adapter {
  return {
    name: "better-sqlite3",
    async open() {
      // A misspelt path, or one that is missing where it comes from, would be a database in memory without a word.
      if (options instanceof URL) throw invalidArgument("options", "options must be an object: { path: new URL(…) }");
      checkOptions(options, ["path", "durability", "busyTimeout", "worker"]);
      if ("path" in options && options.path === undefined) {
        throw invalidArgument("path", "path is undefined: give a file, or leave it out for a database in memory");
      }
      const { worker = false, path, ...others } = options;
      const rest = { ...others, ...(path !== undefined && { path: fileOf(path) }) };
      if (typeof worker !== "boolean" && typeof worker !== "function") {
        throw invalidArgument("worker", "worker must be true, false, or a function that makes the worker thread");
      }
      if (worker !== false) {
        return { storage: await openInWorker(rest, worker === true ? undefined : (worker as () => Worker)), verbs: {} };
      }
      return { storage: await openStorage(rest), defer: setImmediate, verbs: {} };
    },
  };
}
