import { EventStoreError, isEventStoreError, describe } from "../../../src/adapter.ts";
import type { FromWorker } from "../shared/messages.ts";
import type { WorkerFiles } from "./worker-files.ts";
import { setTimeout, clearTimeout } from "../shared/timers.ts";

/** How long a worker's script may be silent before it counts as not loaded, in milliseconds. */
const LONGEST_LOADING = 20_000;

/**
 * Creates a worker, and calls back soon if its script cannot be loaded. Returns undefined if the worker could not even
 * be created.
 */
export function watchLoading(files: WorkerFiles, onFailure: (error: EventStoreError) => void): Worker | undefined {
  let address = "rivulet/sqlite-wasm/worker";

  function fail(why: string, cause?: unknown): void {
    clearTimeout(timer);
    const message = `the worker ${address} could not be loaded: ${why}`;
    onFailure(new EventStoreError("storage-unavailable", message, { reason: "worker-not-loaded" }, cause));
  }

  const timer = setTimeout(() => fail(`it gave no sign of life for ${LONGEST_LOADING} ms`), LONGEST_LOADING);
  try {
    const worker = files.make((url) => (address = url));
    const onError = (event: Event): void => {
      // A script that is missing or forbidden causes an event without a message.
      const detail = "message" in event && typeof event.message === "string" ? event.message : undefined;
      fail(detail ?? "is it there, is it sent as JavaScript, does a policy of the page forbid it?");
    };
    worker.addEventListener("error", onError, { once: true });
    const onMessage = ({ data }: MessageEvent<FromWorker>): void => {
      if (!("loaded" in data)) return;
      worker.removeEventListener("error", onError);
      worker.removeEventListener("message", onMessage);
      clearTimeout(timer);
    };
    worker.addEventListener("message", onMessage);
    return worker;
  } catch (error) {
    // Reported asynchronously like every other failure, when the caller is ready for it.
    void Promise.resolve().then(() => fail(describe(error), error));
    return undefined;
  }
}

/**
 * Whether a file could not be loaded. Another attempt may succeed, because the network or a server may fail
 * temporarily.
 */
export function isLoadingFailure(error: EventStoreError): boolean {
  return isEventStoreError(error, "storage-unavailable") && error.details.reason.endsWith("-not-loaded");
}
