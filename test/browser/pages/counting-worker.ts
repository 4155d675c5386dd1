/** The adapter's worker with counted flushes, writes and messages. Its next flush can be held back. */
// A file to be run, which gives nothing.
// oxlint-disable-next-line import/no-unassigned-import
import "rivulet/sqlite-wasm/worker";
import { wordOf } from "./message-word.ts";

/** The counts since they were last taken. */
export interface WorkerCounts {
  readonly flushes: number;
  /** In bytes, in total. */
  readonly written: number;
  /** The messages sent to tabs: "answer", "news", or what else they have. */
  readonly said: readonly string[];
}

export type ToCounter = "take" | "hold";

interface SyncHandle {
  flush(): void;
  write(bytes: ArrayBufferView, options?: { at: number }): number;
}

// The types of pages lack the globals of workers.
const { DedicatedWorkerGlobalScope, FileSystemSyncAccessHandle, name } = globalThis as unknown as {
  readonly DedicatedWorkerGlobalScope: { readonly prototype: { postMessage: MessagePort["postMessage"] } };
  readonly FileSystemSyncAccessHandle: { readonly prototype: SyncHandle };
  readonly name: string;
};
const files = FileSystemSyncAccessHandle.prototype;
const { flush, write } = files;
let counts = { flushes: 0, written: 0, said: [] as string[] };
let holding = false;
const counter = new BroadcastChannel(name);

files.flush = function count(this: SyncHandle): void {
  counts.flushes += 1;
  if (holding) wait();
  flush.call(this);
};
files.write = function count(this: SyncHandle, bytes, options): number {
  counts.written += bytes.byteLength;
  return write.call(this, bytes, options);
};
for (const { prototype } of [MessagePort, BroadcastChannel, DedicatedWorkerGlobalScope]) {
  const { postMessage } = prototype;
  prototype.postMessage = function note(this: unknown, message: unknown, ...rest: unknown[]): void {
    const word = "n" in Object(message) ? "answer" : wordOf(message);
    if (word !== undefined && this !== counter) counts.said.push(word);
    postMessage.call(this as MessagePort, message, ...(rest as []));
  } as typeof postMessage;
}

/** Blocks this thread during its flush until the site answers. */
function wait(): void {
  holding = false;
  const request = new XMLHttpRequest();
  request.open("GET", "/gate", false);
  request.send();
}

counter.addEventListener("message", ({ data }: MessageEvent<ToCounter>) => {
  if (data === "hold") holding = true;
  counter.postMessage(counts satisfies WorkerCounts);
  if (data === "take") counts = { flushes: 0, written: 0, said: [] };
});
// From here on it receives messages.
counter.postMessage(counts satisfies WorkerCounts);
