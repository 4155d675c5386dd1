import { EventStoreError, isEventStoreError, describe } from "../../../src/adapter.ts";
import type { FromWorker } from "../shared/messages.ts";
import type { WorkerFiles } from "./worker-files.ts";
import { setTimeout, clearTimeout, queueMicrotask } from "../shared/timers.ts";

/** How long nothing at all may be heard of a worker's script, in milliseconds. */
const LONGEST_LOADING = 20_000;

/**
 * Makes a worker, and calls back, soon, where its script cannot be loaded. Undefined: it could not even be made.
 */
export function watchLoading(files: WorkerFiles, onFailure: (error: EventStoreError) => void): Worker | undefined {
  let address = "rivulet/sqlite-wasm/worker";

  function fail(why: string, cause?: unknown): void {
    clearTimeout(timer);
    const message = `the worker ${address} could not be loaded: ${why}`;
    onFailure(new EventStoreError("storage-unavailable", message, { reason: "worker-not-loaded" }, cause));
  }

  const timer = setTimeout(() => fail(`nothing was heard of it for ${LONGEST_LOADING} ms`), LONGEST_LOADING);
  try {
    const worker = files.make((url) => (address = url));
    const onError = (event: Event): void => {
      // A script that is not there, or is forbidden, is an event without a word.
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
    // Told like every other failure, once the caller is ready to hear it.
    queueMicrotask(() => fail(describe(error), error));
    return undefined;
  }
}

/** Whether a file was missing, which another attempt may find: the network, or a server, may fail for a while. */
export function isLoadingFailure(error: EventStoreError): boolean {
  return isEventStoreError(error, "storage-unavailable") && error.details.reason.endsWith("-not-loaded");
}
