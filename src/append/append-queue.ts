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
  readonly ignoreAbort: () => void;
}

/** Other work that has to run in the order of the appends. */
interface Ordered {
  /** Has more events than fit into a batch with other requests. */
  readonly events: number;
  readonly work: () => Promise<void>;
  readonly reject: (error: unknown) => void;
  readonly ignoreAbort?: undefined;
}

/**
 * Group commit: the appends of one turn of the event loop, and those that arrive while a batch is being committed, form one batch,
 * which the storage commits in one transaction with one flush. Batches are committed one at a time, so calls commit in order.
 */
export function createAppendQueue(storage: EventStorage, defer: (task: () => void) => void): AppendQueue {
  let waiting: (Pending | Ordered)[] = [];
  let running = false;

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
        events: request.entries.reduce((sum, { events }) => sum + events.length, 0),
        reject,
        settle(outcome) {
          try {
            resolve(settle(outcome));
          } catch (error) {
            reject(error);
          }
        },
        // Removes a request that still waits. One that is being committed may be stored, but its caller no longer waits.
        ignoreAbort: onAbort(signal, () => {
          waiting = waiting.filter((other) => other !== pending);
          pending.ignoreAbort();
          reject(signal?.reason);
        }),
      };
      waiting.push(pending);
      if (!running) {
        running = true;
        defer(() => void run());
      }
    });
  }

  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      waiting.push({ events: Infinity, reject, work: () => work().then(resolve) });
      if (running) return;
      running = true;
      void run();
    });
  }

  async function run(): Promise<void> {
    // All appends may have been aborted.
    for (let batch = 0; waiting.length > 0; batch++) {
      if (batch === BATCHES_A_TURN) return defer(() => void run());
      const all = takeBatch();
      try {
        const [first] = all;
        if (first !== undefined && "work" in first) await first.work();
        else {
          const appends = all as readonly Pending[];
          const outcomes = await storage.append(appends.map(({ request }) => request));
          appends.forEach(({ settle }, index) => settle(outcomes[index] as AppendOutcome));
        }
      } catch (error) {
        for (const { reject } of all) reject(error);
      }
      for (const { ignoreAbort } of all) ignoreAbort?.();
    }
    running = false;
  }

  function takeBatch(): (Pending | Ordered)[] {
    let events = 0;
    const last = waiting.findIndex((pending, index) => (events += pending.events) > BATCH_EVENTS && index > 0);
    return waiting.splice(0, last < 0 ? waiting.length : last);
  }

  return { push, inOrder, drained: () => inOrder(() => Promise.resolve()) };
}
