import { onAbort, refuseAborted, type AbortSignalLike } from "../platform.ts";

/** Lets all who wait pass each time it is opened. */
export interface Turnstile {
  open(): void;
  /** Resolves when it is opened next; rejects with the signal's reason. */
  pass(signal?: AbortSignalLike): Promise<void>;
}

export function createTurnstile(): Turnstile {
  let waiting = new Set<() => void>();
  return {
    open() {
      const all = waiting;
      waiting = new Set();
      for (const resolve of all) resolve();
    },
    pass: (signal) =>
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
