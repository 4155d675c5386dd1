import { onAbort, refuseAborted, type AbortSignalLike } from "../platform.ts";

/** A condition variable. */
export interface Condition {
  /** Resolves all current waits. */
  notify(): void;
  /** Resolves at the next `notify`; rejects with the signal's reason. */
  wait(signal?: AbortSignalLike): Promise<void>;
}

export function createCondition(): Condition {
  let waiting = new Set<() => void>();
  return {
    notify() {
      const all = waiting;
      waiting = new Set();
      for (const resolve of all) resolve();
    },
    wait: (signal) =>
      new Promise((resolve, reject) => {
        refuseAborted(signal);
        const done = (): void => {
          ignore();
          resolve();
        };
        const ignore = onAbort(signal, () => {
          waiting.delete(done);
          ignore();
          reject(signal?.reason);
        });
        waiting.add(done);
      }),
  };
}
