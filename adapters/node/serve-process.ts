import { createStorageServer, toFailure, type Endpoint } from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import type { StorageOptions } from "./storage.ts";
import { openInWorker, type Opened } from "./worker-storage.ts";

/** Serves the storage in a separate process. */
export function serveProcess({ startWorker }: Engine): void {
  async function serve(options: StorageOptions): Promise<void> {
    try {
      const storage = await openInWorker(startWorker, options);
      createStorageServer(storage, { defer: queueMicrotask, trusted: true }).connect(endpoint());
      tell({ opened: true });
    } catch (error) {
      tell({ failure: toFailure(error) });
    }
  }

  // SQLite runs in a thread beside this one, so this thread detects the end of the parent process even while a
  // statement runs for ever. A thread inside SQLite prevents every other way to exit.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.once("message", (options) => void serve(options as StorageOptions));
}

function tell(opened: Opened): void {
  process.send?.(opened);
}

function endpoint(): Endpoint {
  return {
    postMessage: (message) => void process.send?.(message),
    addEventListener: (_type, listener) => void process.on("message", (data) => listener({ data })),
    // The process listens until it is killed.
    removeEventListener: () => undefined,
  };
}
