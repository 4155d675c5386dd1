import { EventStoreError } from "../../../src/adapter.ts";
import { whenReleased } from "../shared/locks.ts";
import { startWorker, type WorkerHandle, type WorkerOptions } from "./worker-handle.ts";
import { isLoadingFailure } from "./worker-loading.ts";
import { setTimeout, clearTimeout } from "../shared/timers.ts";

/** When to start another worker, in milliseconds after one has gone: at first soon, then ever more rarely. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 30_000;

export interface LastingWorkerOptions extends Omit<WorkerOptions, "onLost"> {
  /** The lock of whoever has the database open. */
  readonly leader: string;
  /** The worker has gone, or could not be loaded; another one will be started. */
  readonly onGone: () => void;
  /** And there is nobody else who has the database open. `error`: why the worker has gone. */
  readonly onAlone: (error: EventStoreError) => void;
}

export interface LastingWorker extends WorkerHandle {
  /** Where there is no worker, starts one now. */
  retry(): void;
}

/**
 * A worker, and another one whenever it has ended by itself or could not be loaded, until it is closed: after a pause, or as
 * soon as the network is back or the page is looked at. A failure of any other kind is its end.
 */
export function keepWorker(options: LastingWorkerOptions): LastingWorker {
  let handle: WorkerHandle | undefined;
  let pause = FIRST_PAUSE;
  let started = 0;
  let stopWaiting = (): void => undefined;
  start();

  function start(): void {
    stopWaiting();
    started = performance.now();
    handle = startWorker({
      ...options,
      onFailure: (error) => (isLoadingFailure(error) ? replace(error) : options.onFailure(error)),
      onLost: () => replace(workerLost()),
    });
  }

  function replace(error: EventStoreError): void {
    handle = undefined;
    // One that has run for long says nothing about the next one.
    if (performance.now() - started > LONGEST_PAUSE) pause = FIRST_PAUSE;
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

/** Calls back when the network is back, and when the page is looked at again. */
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
  return new EventStoreError("worker-lost", "the storage's worker has ended by itself: open the store again", {});
}
