import { MessageChannel, type Worker } from "node:worker_threads";
import {
  createRemoteStorage,
  EventStoreError,
  fromFailure,
  invalidArgument,
  type Endpoint,
  type EventStorage,
  type Failure,
  describe,
} from "../../src/adapter.ts";
import { packingCalls } from "./packing-port.ts";
import type { StorageOptions } from "./storage.ts";
import { yieldingPort } from "./yielding-port.ts";

/**
 * The worker's first message: it serves the storage, or the reason why it cannot. `packs`: it understands packed appends.
 * A worker of an older version does not, such as a copy beside a bundle.
 */
export type Opened = { readonly opened: true; readonly packs?: boolean } | { readonly failure: Failure };

/** The first message to the worker. */
export interface WorkerStart {
  readonly options: StorageOptions;
  readonly port: Endpoint;
}

/**
 * Opens the storage in a worker thread, which ends with the storage. Rejects with the same errors as in this thread.
 */
export async function openInWorker(startWorker: () => Worker, options: StorageOptions): Promise<EventStorage> {
  const { port1, port2 } = new MessageChannel();
  const worker = startWorker();
  if (typeof (worker as Partial<Worker> | undefined)?.postMessage !== "function") {
    throw invalidArgument("worker", "worker must return a thread: () => new Worker(…), of node:worker_threads");
  }
  worker.postMessage({ options, port: port2 }, [port2]);
  const opened = await new Promise<Opened>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error) => reject(lost(`it could not start: ${describe(error)}`, error)));
    worker.once("exit", (code) => reject(lost(`it ended with code ${code} before it had opened the storage`)));
  });
  if ("failure" in opened) {
    await worker.terminate();
    throw fromFailure(opened.failure);
  }

  // The worker keeps the process alive only while a call is waiting for it. Node's types give its ports untyped events.
  const port = yieldingPort(port1 as unknown as Endpoint);
  const endpoint = opened.packs === true ? packingCalls(port) : port;
  const storage = createRemoteStorage(endpoint, {
    capabilities: ["models", "sync"],
    onBusy: (busy) => (busy ? port1.ref() : port1.unref()),
  });
  port1.unref();
  worker.unref();
  worker.on("error", (error) => storage.lost(describe(error)));
  worker.on("exit", (code) => storage.lost(`it ended with code ${code}`));
  return {
    ...storage,
    async close() {
      await storage.close();
      await worker.terminate();
    },
  };
}

function lost(how: string, cause?: unknown): EventStoreError {
  return new EventStoreError("worker-lost", `the storage worker is gone: ${how}`, {}, cause);
}
