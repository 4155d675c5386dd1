import { clearTimeout, setTimeout } from "node:timers";
import { fork, type ChildProcess } from "node:child_process";
import {
  createRemoteStorage,
  EventStoreError,
  fromFailure,
  isEventStoreError,
  queryTimeout,
  type Endpoint,
  type ModelStorage,
  describe,
} from "../../src/adapter.ts";
import type { StorageOptions } from "./storage.ts";
import type { Opened } from "./worker-storage.ts";

/** A process that has the same file open, and can be killed at any time. */
export interface StorageProcess {
  /**
   * Runs some work in the process, and kills the process with `query-timeout` if the work takes longer than `timeout`,
   * in milliseconds.
   */
  run<T>(timeout: number | undefined, work: (models: ModelStorage) => Promise<T>): Promise<T>;
  /** Kills the process; resolves when it is gone. */
  kill(): Promise<void>;
  readonly ended: boolean;
}

/**
 * Starts a process that runs a file. Rejects with `storage-unavailable` if no process can be started, or with the error
 * of opening the storage.
 */
export async function startProcess(file: string, options: StorageOptions): Promise<StorageProcess> {
  const child = startChild(file);
  let ended = false;
  const end = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
    child.on("error", (error) => resolve(describe(error)));
  });
  void end.then(() => (ended = true));
  const opened = new Promise<Opened>((resolve) => child.once("message", (message) => resolve(message as Opened)));
  child.send(options);
  const outcome = await Promise.race([opened, end]);
  if (typeof outcome === "string") throw gone(outcome);
  if ("failure" in outcome) {
    child.kill("SIGKILL");
    throw fromFailure(outcome.failure);
  }

  const storage = createRemoteStorage(endpointOf(child), { capabilities: ["models", "sync"] });
  void end.then((how) => storage.lost(how));
  hold(child, false);

  return {
    get ended() {
      return ended;
    },
    async run(timeout, work) {
      let late = false;
      const timer = setTimeout(
        () => {
          late = true;
          child.kill("SIGKILL");
        },
        // A longer timer would fire at once.
        Math.min(timeout ?? Infinity, 2 ** 31 - 1),
      );
      hold(child, true);
      try {
        return await work(storage.models as ModelStorage);
      } catch (error) {
        if (!isEventStoreError(error, "worker-lost")) throw error;
        throw late && timeout !== undefined ? queryTimeout(timeout) : gone(await end);
      } finally {
        clearTimeout(timer);
        if (!ended) hold(child, false);
      }
    },
    async kill() {
      if (!ended) hold(child, true);
      child.kill("SIGKILL");
      await end;
    },
  };
}

function startChild(file: string): ChildProcess {
  try {
    return fork(file, [], {
      serialization: "advanced",
      // The flags of this process, such as --input-type, may not be valid for the other one, which needs none.
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
  } catch (error) {
    // Deno may lack the permission.
    throw gone(`it cannot be started: ${describe(error)}`);
  }
}

/** The other process keeps this one alive only while a call is waiting for it. */
function hold(child: ChildProcess, wanted: boolean): void {
  const order = wanted ? "ref" : "unref";
  child[order]();
  // In Bun the channel follows the child process, and has no `ref` or `unref` of its own.
  (child.channel as Partial<ChildProcess["channel"]>)?.[order]?.();
}

function endpointOf(child: ChildProcess): Endpoint {
  type Listener = Parameters<Endpoint["addEventListener"]>[1];
  const heard = new Map<Listener, (data: unknown) => void>();
  return {
    postMessage(message) {
      child.send(message as object);
    },
    addEventListener(_type, listener) {
      const hear = (data: unknown): void => listener({ data });
      heard.set(listener, hear);
      child.on("message", hear);
    },
    removeEventListener(_type, listener) {
      const hear = heard.get(listener);
      if (hear !== undefined) child.off("message", hear);
      heard.delete(listener);
    },
  };
}

function gone(how: string): EventStoreError {
  const message = `the process that runs long queries is gone: ${how}`;
  return new EventStoreError("storage-unavailable", message, { reason: "query-process" });
}
