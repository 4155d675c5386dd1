import { onAbort, refuseAborted, type AbortSignalLike } from "../platform.ts";
import type { AppendRequest, EventStorage } from "../storage/protocol.ts";
import type { AppendQueue } from "../storage/store-context.ts";

/** A batch is one transaction. It is limited, so that it holds the write lock and memory only briefly. */
const BATCH_EVENTS = 5_000;

/**
 * After so many events the queue yields to other work, so that continuous appends do not starve timers. Events are counted, not
 * milliseconds, because the clock of a deployed Durable Object stands still while code runs. Yielding takes Node as long as a fifth of
 * an append.
 */
const EVENTS_A_TURN = 16;

/**
 * Callers that await their appends one by one make the next one within a few microtasks, for which the queue waits if there are fewer
 * callers than this: it waits for one microtask for each that is missing.
 */
const FEW_CALLERS = 4;

/** Other work that has to run in the order of the appends. */
type Work = () => Promise<unknown>;

/** An append that waits, or other work. Both have the same shape, which is faster. */
interface Waiting {
  readonly request: AppendRequest | Work;
  /** Of other work: more than fit into a batch with appends. */
  readonly events: number;
  /** Takes the outcome of the append, or the result of the work. */
  readonly settle: (outcome: never) => void;
  readonly reject: (error: unknown) => void;
  readonly ignoreAbort: () => void;
}

/**
 * Group commit: the appends of one turn of the event loop, and those that arrive while a batch is being committed, form one batch,
 * which the storage commits in one transaction with one flush. Batches are committed one at a time, so calls commit in order. A caller
 * that awaits its appends one by one goes on in the same turn, for a few events.
 */
export function createAppendQueue(storage: EventStorage, defer: (task: () => void) => void): AppendQueue {
  let waiting: Waiting[] = [];
  let running = false;
  /** Awaiting it makes no other promise. */
  const nothing = Promise.resolve();

  // One promise for each append, from here to the caller: thousands of appends may wait, and the garbage collector has to move
  // each of their promises.
  function push<T>(
    request: AppendRequest | Work,
    settle: (outcome: never) => T | PromiseLike<T>,
    signal?: AbortSignalLike,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const isWork = typeof request === "function";
      let events = BATCH_EVENTS + 1;
      if (!isWork) {
        events = 0;
        for (let index = 0; index < request.entries.length; index++) events += request.entries[index]!.events.length;
      }
      const one: Waiting = {
        request,
        events,
        reject,
        settle(outcome) {
          try {
            // An aborted caller has its rejection, and nobody would see that of what `settle` begins.
            refuseAborted(signal);
            resolve(settle(outcome));
          } catch (error) {
            reject(error);
          }
        },
        // Removes a request that still waits. One that is being committed may be stored, but its caller no longer waits.
        ignoreAbort: onAbort(signal, () => {
          waiting = waiting.filter((other) => other !== one);
          one.ignoreAbort();
          reject(signal!.reason);
        }),
      };
      waiting.push(one);
      if (running) return;
      running = true;
      if (isWork) void run();
      else defer(run);
    });
  }

  async function run(): Promise<void> {
    // All appends may have been aborted.
    for (let left = EVENTS_A_TURN; waiting[0];) {
      if (left <= 0) return defer(run);
      // Neither map, forEach nor `for of`, which are slow until they are compiled, and take long to compile.
      const all: Waiting[] = [];
      const requests: (AppendRequest | Work)[] = [];
      let events = 0;
      for (let index = 0; index < waiting.length; index++) {
        const one = waiting[index]!;
        events += one.events;
        if (all[0] && events > BATCH_EVENTS) break;
        all.push(one);
        requests.push(one.request);
      }
      left -= events;
      waiting = waiting.slice(all.length);
      const first = requests[0];
      try {
        const outcomes =
          typeof first === "function" ? [await first()] : await storage.append(requests as AppendRequest[]);
        for (let index = 0; index < all.length; index++) all[index]!.settle(outcomes[index] as never);
      } catch (error) {
        for (const { reject } of all) reject(error);
      }
      for (let index = 0; index < all.length; index++) all[index]!.ignoreAbort();
      for (let turn = all.length; !waiting[0] && turn < FEW_CALLERS; turn++) await nothing;
    }
    running = false;
  }

  const inOrder = <T>(work: () => Promise<T>): Promise<T> => push(work, (result: T) => result);
  return { push, inOrder, drained: () => inOrder(() => nothing) };
}
