import type { AbortSignalLike } from "../platform.ts";

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
        const done = (): void => {
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const end = (): void => {
          waiting.delete(done);
          reject(signal?.reason);
        };
        if (signal?.aborted === true) return end();
        signal?.addEventListener("abort", end, { once: true });
        waiting.add(done);
      }),
  };
}
