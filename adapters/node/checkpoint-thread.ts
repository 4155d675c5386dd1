import type { Worker } from "node:worker_threads";
import type { Engine } from "./engine.ts";

/** What a thread for checkpoints is told. */
export type CheckpointCall = { readonly open: string } | "copy" | "close";

/** Its answer to each call. An error says nothing more: whoever asked does without the thread. */
export type CheckpointAnswer = "done" | "failed";

/** A thread that runs checkpoints of one file. */
export interface CheckpointThread {
  /** Copies the log into the database file, as far as nobody reads an older state of it. */
  copy(): Promise<void>;
  /** Closes its connection, and ends the thread. Never rejects. */
  close(): Promise<void>;
}

/** Starts a thread with a connection to the file. Rejects if no thread can be started, or the thread cannot open the file. */
export async function startCheckpointThread({ startCheckpoints }: Engine, path: string): Promise<CheckpointThread> {
  const worker = startCheckpoints();
  const ask = callsOf(worker);
  try {
    await ask({ open: path });
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  // The thread does not keep the process alive. If the process ends during a checkpoint, SQLite finishes it when the file is opened.
  worker.unref();
  return {
    copy: () => ask("copy"),
    async close() {
      worker.ref();
      await ask("close").catch(() => undefined);
      await worker.terminate();
    },
  };
}

/** Each call is answered in turn, unless the thread ends. */
function callsOf(worker: Worker): (call: CheckpointCall) => Promise<void> {
  let gone: Error | undefined;
  const waiting: { resolve(): void; reject(error: Error): void }[] = [];

  function end(error: Error): void {
    gone ??= error;
    for (const { reject } of waiting.splice(0)) reject(gone);
  }

  worker.on("message", (answer: CheckpointAnswer) => {
    const call = waiting.shift();
    if (answer === "done") call?.resolve();
    else call?.reject(new Error("the thread for checkpoints has failed"));
  });
  worker.on("error", end);
  worker.on("exit", () => end(new Error("the thread for checkpoints has ended")));

  return (call) =>
    new Promise((resolve, reject) => {
      if (gone !== undefined) return reject(gone);
      waiting.push({ resolve, reject });
      worker.postMessage(call);
    });
}
