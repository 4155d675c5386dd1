// Imported from the module: a test may have replaced the global with a fake, before or after this was loaded.
import { setImmediate } from "node:timers";
import type { Worker } from "node:worker_threads";
import { checkOptions, invalidArgument, type Adapter } from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import type { SqliteFileOptions } from "./options.ts";
import { fileOf } from "./path.ts";
import { openStorage } from "./storage.ts";
import { openInWorker } from "./worker-storage.ts";

/** Creates the adapter of an engine, which is loaded when the first store is opened. */
export function nodeAdapter(load: () => Promise<Engine>, name: string, options: SqliteFileOptions): Adapter {
  return {
    name,
    async open() {
      // A misspelt or undefined path would silently give a database in memory.
      if (options instanceof URL) throw invalidArgument("options", "options must be an object: { path: new URL(…) }");
      checkOptions(options, ["path", "durability", "busyTimeout", "indexedMetadata", "worker"]);
      if ("path" in options && options.path === undefined) {
        throw invalidArgument(
          "path",
          "path is undefined: give the name of a file, or leave it out for a database in memory",
        );
      }
      const { worker = false, path, ...others } = options;
      const rest = { ...others, ...(path !== undefined && { path: fileOf(path) }) };
      if (typeof worker !== "boolean" && typeof worker !== "function") {
        throw invalidArgument("worker", "worker must be true, false, or a function that creates the worker thread");
      }
      const engine = await load();
      if (worker === false) return { storage: await openStorage(engine, rest), defer: setImmediate, verbs: {} };
      const start = worker === true ? engine.startWorker : (worker as () => Worker);
      return { storage: await openInWorker(start, rest), verbs: {} };
    },
  };
}
