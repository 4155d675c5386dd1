import { parentPort } from "node:worker_threads";
import { createStorageServer, toFailure } from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import { openStorage } from "./storage.ts";
import type { Opened, WorkerStart } from "./worker-storage.ts";

/** The worker's side, in a file that is run as one. */
export function serveWorker(engine: Engine): void {
  async function serve({ options, port }: WorkerStart): Promise<void> {
    try {
      const storage = await openStorage(engine, { ...options, pagesAs: "bytes" });
      // There is one client, which gathers its appends itself: to wait for more here would only cost time.
      createStorageServer(storage, { defer: queueMicrotask, trusted: true, onClose: () => storage.close() }).connect(
        port,
      );
      tell({ opened: true });
    } catch (error) {
      tell({ failure: toFailure(error) });
    }
  }

  // Listening, it stays until it is ended from outside: ending by itself, it could be missed before its last answer is heard.
  parentPort?.on("message", (start: WorkerStart) => void serve(start));
}

function tell(opened: Opened): void {
  parentPort?.postMessage(opened);
}
