import { EventStoreError } from "../../../src/adapter.ts";
import { whenReleased } from "../shared/locks.ts";
import { startWorker, type WorkerHandle, type WorkerOptions } from "./worker-handle.ts";
import { isLoadingFailure } from "./worker-loading.ts";
import { setTimeout, clearTimeout, monotonicNow } from "../shared/timers.ts";

/** The pauses before another worker is started, in milliseconds: short at first, then growing. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;

export interface LastingWorkerOptions extends Omit<WorkerOptions, "onLost"> {
  /** The lock of the worker that has the database open. */
  readonly leader: string;
  /** The worker has ended by itself or could not be loaded; another one will be started. */
  readonly onGone: () => void;
  /** In addition, no other tab has the database open. `error`: why the worker has gone. */
  readonly onAlone: (error: EventStoreError) => void;
}

export interface LastingWorker extends WorkerHandle {
  /** Starts a worker now if there is none. */
  retry(): void;
}

/**
 * Keeps a worker running until it is closed: one that ended by itself or could not be loaded is replaced after a pause,
 * or at once when the network is back or the page is shown. Any other failure is final.
 */
export function keepWorker(options: LastingWorkerOptions): LastingWorker {
  let handle: WorkerHandle | undefined;
  let pause = FIRST_PAUSE;
  let started = 0;
  let stopWaiting = (): void => undefined;
  start();

  function start(): void {
    stopWaiting();
    started = monotonicNow();
    handle = startWorker({
      ...options,
      onFailure: (error) => (isLoadingFailure(error) ? replace(error) : options.onFailure(error)),
      onLost: () => replace(workerLost()),
    });
  }

  function replace(error: EventStoreError): void {
    handle = undefined;
    // A worker that ran for a long time says nothing about the next one.
    if (monotonicNow() - started > LONGEST_PAUSE) pause = FIRST_PAUSE;
    const timer = setTimeout(start, pause);
    pause = Math.min(LONGEST_PAUSE, pause * 2);
    const stopListening = whenHopeful(start);
    const stopLooking = whenReleased(options.leader, () => options.onAlone(error));
    stopWaiting = () => {
      clearTimeout(timer);
      stopListening();
      stopLooking();
    };
    options.onGone();
  }

  return {
    retry() {
      if (handle === undefined) start();
    },
    async close() {
      stopWaiting();
      await handle?.close();
    },
    terminate() {
      stopWaiting();
      handle?.terminate();
    },
  };
}

/** Calls back when the network is back, and when the page is shown again. */
function whenHopeful(callback: () => void): () => void {
  const look = (): void => {
    if (document.visibilityState === "visible") callback();
  };
  globalThis.addEventListener?.("online", callback);
  globalThis.document?.addEventListener("visibilitychange", look);
  return () => {
    globalThis.removeEventListener?.("online", callback);
    globalThis.document?.removeEventListener("visibilitychange", look);
  };
}

export function workerLost(): EventStoreError {
  return new EventStoreError("worker-lost", "the storage worker ended by itself: open the store again", {});
}
