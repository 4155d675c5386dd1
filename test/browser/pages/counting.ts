/** A tab with the application's own worker, whose file operations and messages are counted. */
import { wordOf } from "./message-word.ts";
import type { ToCounter, WorkerCounts } from "./counting-worker.ts";
import { tab } from "./tabs.ts";

/** The counts since they were last taken. */
export interface Counts extends WorkerCounts {
  /** The messages of this tab: calls by name, others by what they have. */
  readonly asked: readonly string[];
}

let asked: string[] = [];
const worker = crypto.randomUUID();
const counter = new BroadcastChannel(worker);

for (const { prototype } of [MessagePort, BroadcastChannel, Worker]) {
  const { postMessage } = prototype;
  prototype.postMessage = function note(this: unknown, message: unknown, ...rest: unknown[]): void {
    const word = "call" in Object(message) ? String((message as { readonly call: unknown }).call) : wordOf(message);
    if (word !== undefined && this !== counter) asked.push(word);
    postMessage.call(this as MessagePort, message, ...(rest as []));
  } as typeof postMessage;
}

const counting = {
  /** Resolves when the worker counts too; a follower may be open before its worker is. */
  async open(name: string, watch: boolean): Promise<void> {
    const ready = nextCounts();
    const makeWorker = (): Worker =>
      new Worker(new URL("./counting-worker.ts", import.meta.url), { type: "module", name: worker });
    await tab.open({ name, worker: makeWorker }, watch);
    await ready;
  },
  asked: () => asked,
  /** Starts counting. */
  async take(): Promise<Counts> {
    const counts = await tell("take");
    const taken = { ...counts, asked };
    asked = [];
    return taken;
  },
  /** Holds the worker in its next flush until the site answers for `/gate`. */
  hold: () => tell("hold"),
};

function tell(message: ToCounter): Promise<WorkerCounts> {
  const answer = nextCounts();
  counter.postMessage(message);
  return answer;
}

function nextCounts(): Promise<WorkerCounts> {
  return new Promise((resolve) => {
    counter.addEventListener("message", ({ data }: MessageEvent<WorkerCounts>) => resolve(data), { once: true });
  });
}

declare global {
  interface Window {
    readonly counting: typeof counting;
  }
}

Object.assign(globalThis, { counting });
