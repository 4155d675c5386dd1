import { onAbort, type AbortSignalLike } from "../platform.ts";
import type { AppendOutcome, AppendRequest, EventStorage } from "../storage/protocol.ts";
import type { AppendQueue } from "../storage/store-context.ts";

/** One batch is one transaction: bounded, so that it holds the write lock, and memory, for a short while only. */
const BATCH_EVENTS = 5_000;

/** After so many batches other work has its turn: who appends again and again would else keep timers and everybody from theirs. */
const BATCHES_A_TURN = 4;

interface Pending {
  readonly request: AppendRequest;
  readonly events: number;
  readonly settle: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Something else that has its place in the order of the appends. */
interface Ordered {
  /** More than fit into a batch with others. */
  readonly events: number;
  readonly work: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: the appends of one turn, and those that arrive while a batch is under way, form one batch, which the
 * storage makes one transaction with one flush to disk. One batch is under way at a time, so calls commit in their order.
 */
export function createAppendQueue(storage: EventStorage, defer: (task: () => void) => void): AppendQueue {
  let waiting: (Pending | Ordered)[] = [];
  let running = false;
  let whenIdle: (() => void)[] = [];

  // One promise an append, from here to the caller: thousands may wait, and each of their promises would be moved about by
  // the garbage collector.
  function push<T>(
    request: AppendRequest,
    settle: (outcome: AppendOutcome) => T | PromiseLike<T>,
    signal?: AbortSignalLike,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        request,
        events: countEvents(request),
        reject,
        settle(outcome) {
          try {
            resolve(settle(outcome));
          } catch (error) {
            reject(error);
          }
        },
      };
      waiting.push(signal === undefined ? pending : withdrawable(pending, signal));
      if (!running) {
        running = true;
        defer(() => void run());
      }
    });
  }

  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      waiting.push({ events: Infinity, reject, work: async () => resolve(await work()) });
      if (running) return;
      running = true;
      void run();
    });
  }

  async function run(): Promise<void> {
    // All may have been taken back.
    for (let batch = 0; waiting.length > 0; batch++) {
      if (batch === BATCHES_A_TURN) return defer(() => void run());
      await commit(takeBatch());
    }
    running = false;
    for (const resolve of whenIdle) resolve();
    whenIdle = [];
  }

  function takeBatch(): (Pending | Ordered)[] {
    let events = 0;
    let count = 0;
    while (
      count < waiting.length &&
      (count === 0 || events + (waiting[count] as Pending | Ordered).events <= BATCH_EVENTS)
    ) {
      events += (waiting[count++] as Pending | Ordered).events;
    }
    if (count === waiting.length) {
      const all = waiting;
      waiting = [];
      return all;
    }
    return waiting.splice(0, count);
  }

  async function commit(batch: readonly (Pending | Ordered)[]): Promise<void> {
    const [first] = batch;
    try {
      if (first !== undefined && "work" in first) return await first.work();
      const appends = batch as readonly Pending[];
      const outcomes = await storage.append(appends.map((pending) => pending.request));
      appends.forEach((pending, index) => pending.settle(outcomes[index] as AppendOutcome));
    } catch (error) {
      for (const pending of batch) pending.reject(error);
    }
  }

  /** Aborted, what still waits is taken back; what is under way may be written, but nobody waits for it any longer. */
  function withdrawable(pending: Pending, signal: AbortSignalLike): Pending {
    const watched: Pending = {
      ...pending,
      settle: (outcome) => (settled(), pending.settle(outcome)),
      reject: (error) => (settled(), pending.reject(error)),
    };
    const settled = onAbort(signal, () => {
      waiting = waiting.filter((other) => other !== watched);
      watched.reject(signal.reason);
    });
    return watched;
  }

  const drained = (): Promise<void> => (running ? new Promise((resolve) => whenIdle.push(resolve)) : Promise.resolve());

  return { push, inOrder, drained };
}

function countEvents(request: AppendRequest): number {
  let events = 0;
  for (const entry of request.entries) events += entry.events.length;
  return events;
}
