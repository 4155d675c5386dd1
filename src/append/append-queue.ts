import { onAbort, type AbortSignalLike } from "../platform.ts";
import type { AppendOutcome, AppendRequest, EventStorage } from "../storage/protocol.ts";
import type { AppendQueue } from "../storage/store-context.ts";

/** A batch is one transaction. It is limited, so that it holds the write lock and memory only briefly. */
const BATCH_EVENTS = 5_000;

/** After this many batches the queue yields to other work, so that continuous appends do not starve timers. */
const BATCHES_A_TURN = 4;

interface Pending {
  readonly request: AppendRequest;
  readonly events: number;
  readonly settle: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Other work that has to run in the order of the appends. */
interface Ordered {
  /** Has more events than fit into a batch with other requests. */
  readonly events: number;
  readonly work: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: the appends of one turn of the event loop, and those that arrive while a batch is being committed, form one batch,
 * which the storage commits in one transaction with one flush. Batches are committed one at a time, so calls commit in order.
 */
export function createAppendQueue(storage: EventStorage, defer: (task: () => void) => void): AppendQueue {
  let waiting: (Pending | Ordered)[] = [];
  let running = false;
  let whenIdle: (() => void)[] = [];

  // One promise for each append, from here to the caller: thousands of appends may wait, and the garbage collector has to move
  // each of their promises.
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
    // All appends may have been aborted.
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

  /** When aborted, removes a request that still waits. One that is being committed may be stored, but its caller no longer waits. */
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
