import { parentPort } from "node:worker_threads";
import { createStorageServer, toFailure } from "../../src/adapter.ts";
import type { Engine } from "./engine.ts";
import { packingAnswers } from "./packing-port.ts";
import { openStorage } from "./storage.ts";
import type { Opened, WorkerStart } from "./worker-storage.ts";

/** Serves the storage in a worker thread. */
export function serveWorker(engine: Engine): void {
  async function serve({ options, port }: WorkerStart): Promise<void> {
    try {
      const storage = await openStorage(engine, { ...options, pagesAs: "bytes" });
      // The only client gathers its appends itself, so waiting for more here would only cost time.
      createStorageServer(storage, { defer: queueMicrotask, trusted: true, onClose: () => storage.close() }).connect(
        packingAnswers(port),
      );
      tell({ opened: true, packs: true });
    } catch (error) {
      tell({ failure: toFailure(error) });
    }
  }

  // The listener keeps the worker alive until it is terminated from outside. If the worker ended by itself, its last
  // answer could get lost.
  parentPort?.on("message", (start: WorkerStart) => void serve(start));
}

function tell(opened: Opened): void {
  parentPort?.postMessage(opened);
}
