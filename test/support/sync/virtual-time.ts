import type { AbortSignalLike } from "rivulet";
import type { Random } from "../random.ts";

/** Time that passes only when the test lets it: everything that waits is done in an order that the seed decides. */
export interface VirtualTime {
  readonly now: number;
  /** Runs a task after so many milliseconds. */
  at(delay: number, task: () => void): void;
  /** Resolves after so many milliseconds; rejects with the signal's reason. */
  wait(delay: number, signal?: AbortSignalLike): Promise<void>;
  /** Lets time pass, task by task, until it is over or `enough` says so. Resolves with whether it said so. */
  run(duration: number, enough?: () => boolean): Promise<boolean>;
}

/** `settle` resolves once whatever a task has set off has gone on to its next wait. */
export function createVirtualTime(
  random: Random,
  settle: () => Promise<unknown> = () => new Promise(setImmediate),
): VirtualTime {
  const tasks: { readonly time: number; readonly order: number; readonly task: () => void }[] = [];
  let now = 0;
  let count = 0;

  function at(delay: number, task: () => void): void {
    count += 1;
    // Among tasks of the same millisecond, the seed decides.
    tasks.push({
      time: now + Math.max(0, Math.round(delay)),
      order: random.below(1_000_000) * 1_000 + (count % 1_000),
      task,
    });
    let place = tasks.length - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!before(place, above)) break;
      swap(place, above);
      place = above;
    }
  }

  function next(): () => void {
    const [first] = tasks as [(typeof tasks)[number]];
    const last = tasks.pop() as (typeof tasks)[number];
    if (tasks.length > 0) {
      tasks[0] = last;
      for (let place = 0; ;) {
        const [left, right] = [2 * place + 1, 2 * place + 2];
        let least = place;
        if (left < tasks.length && before(left, least)) least = left;
        if (right < tasks.length && before(right, least)) least = right;
        if (least === place) break;
        swap(place, least);
        place = least;
      }
    }
    now = Math.max(now, first.time);
    return first.task;
  }

  function before(one: number, other: number): boolean {
    const [a, b] = [tasks[one], tasks[other]] as [(typeof tasks)[number], (typeof tasks)[number]];
    return a.time < b.time || (a.time === b.time && a.order < b.order);
  }

  function swap(one: number, other: number): void {
    [tasks[one], tasks[other]] = [tasks[other], tasks[one]] as [(typeof tasks)[number], (typeof tasks)[number]];
  }

  return {
    get now() {
      return now;
    },
    at,
    wait: (delay, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) throw signal.reason;
        const abort = (): void => reject(signal?.reason);
        signal?.addEventListener("abort", abort, { once: true });
        at(delay, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
      }),
    async run(duration, enough = () => false) {
      const end = now + duration;
      // Whatever a task has set off goes on to its next wait before the next task: nothing else is asynchronous here.
      await settle();
      while (!enough()) {
        if (tasks.length === 0 || (tasks[0]?.time as number) > end) {
          now = end;
          return enough();
        }
        next()();
        await settle();
      }
      return true;
    },
  };
}
