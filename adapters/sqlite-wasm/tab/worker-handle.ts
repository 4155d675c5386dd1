import { EventStoreError, fromFailure, type Endpoint } from "../../../src/adapter.ts";
import { whenGone } from "../shared/locks.ts";
import type { FromWorker, ToWorker, WorkerStart } from "../shared/messages.ts";
import type { WorkerFiles } from "./worker-files.ts";
import { isLoadingFailure, watchLoading } from "./worker-loading.ts";
import { setTimeout, clearTimeout } from "../shared/timers.ts";

/**
 * How long a worker may take to release its files before it is terminated, in milliseconds. Termination loses nothing.
 */
const LONGEST_CLOSE = 3_000;

export interface WorkerOptions {
  readonly files: WorkerFiles;
  readonly start: Omit<WorkerStart, "port" | "wasm">;
  /** The worker has the database open, and answers on this endpoint. */
  readonly onLeading: (endpoint: Endpoint, database: string) => void;
  /** The replacement of the database is valid. */
  readonly onChecked?: () => void;
  /** The worker cannot work, and is gone. */
  readonly onFailure: (error: EventStoreError) => void;
  /** The worker ended for an unknown reason. */
  readonly onLost: () => void;
}

/** A worker of this tab, from its start to its end. */
export interface WorkerHandle {
  /** Lets the worker close its files, then terminates it. */
  close(): Promise<void>;
  /** Terminates the worker at once, which frees everything that it holds. */
  terminate(): void;
}

export function startWorker(options: WorkerOptions): WorkerHandle {
  let worker = startOne(options, () => (worker = startOne(options)));
  return { close: () => worker.close(), terminate: () => worker.terminate() };
}

/**
 * Starts one worker. `onBadCopy` is called instead of `onFailure` if only the kept copy could not be loaded, for
 * example because a policy forbids it.
 */
function startOne(
  { files, start, onLeading, onChecked, onFailure, onLost }: WorkerOptions,
  onBadCopy?: () => void,
): WorkerHandle {
  const { port1, port2 } = new MessageChannel();
  let stopWaiting = (): void => undefined;
  let closed = (): void => undefined;
  let ended = false;
  const worker = watchLoading(files, fail);

  const hear = (message: FromWorker): void => {
    if (ended) return;
    if ("alive" in message) stopWaiting = whenGone(start.life, lose);
    else if ("leading" in message) onLeading(port1 as unknown as Endpoint, message.leading);
    else if ("compiled" in message) files.keep(message.compiled);
    else if ("checked" in message) onChecked?.();
    else if ("failure" in message && message.failure.code === "worker-lost") lose();
    else if ("failure" in message) fail(fromFailure(message.failure));
    else if ("closed" in message) closed();
  };
  worker?.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => hear(data));
  send({ start: { ...start, port: port2, wasm: files.wasm } }, [port2]);

  function send(message: ToWorker, transfer: Transferable[] = []): void {
    worker?.postMessage(message, transfer);
  }

  function fail(error: EventStoreError): void {
    if (ended) return;
    terminate();
    const bad = isLoadingFailure(error);
    if (bad) files.discard();
    if (bad && onBadCopy !== undefined && worker !== undefined && files.isCopy(worker)) onBadCopy();
    else onFailure(error);
  }

  function lose(): void {
    if (ended) return;
    terminate();
    onLost();
  }

  function terminate(): void {
    ended = true;
    stopWaiting();
    worker?.terminate();
    port1.close();
    closed();
  }

  return {
    async close() {
      if (ended) return;
      const done = new Promise<void>((resolve) => (closed = resolve));
      const timer = setTimeout(closed, LONGEST_CLOSE);
      send({ close: true });
      await done;
      clearTimeout(timer);
      terminate();
    },
    terminate,
  };
}
