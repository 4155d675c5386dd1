import type { AbortSignalLike, RuntimeLock } from "../../src/adapter.ts";

/** Web Locks that this page holds. While it is put away it neither holds nor waits for any: others would wait for it. */
export interface PageLocks {
  /** Waits for a lock. Rejects with the signal's reason. */
  lock(name: string, signal?: AbortSignalLike): Promise<RuntimeLock>;
  /** Lets go of everything; what is waited for is asked for again by `show`. */
  hide(): void;
  show(): void;
}

export function createPageLocks(nameOf: (name: string) => string): PageLocks {
  const held = new Set<() => void>();
  const waiting = new Set<AbortController>();
  let hidden = false;
  let shown: (() => void)[] = [];

  async function lock(name: string, signal?: AbortSignalLike): Promise<RuntimeLock> {
    for (;;) {
      if (hidden) await new Promise<void>((resolve) => shown.push(resolve));
      if (signal?.aborted === true) throw signal.reason;
      const granted = await request(name, signal);
      if (granted !== undefined) return granted;
    }
  }

  /** Undefined: the page was put away meanwhile. */
  function request(name: string, signal: AbortSignalLike | undefined): Promise<RuntimeLock | undefined> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort(signal?.reason);
    signal?.addEventListener("abort", abort);
    waiting.add(attempt);
    const settle = (): void => {
      signal?.removeEventListener("abort", abort);
      waiting.delete(attempt);
    };
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(nameOf(name), { signal: attempt.signal }, () => {
          settle();
          return new Promise<void>((free) => resolve(hold(free)));
        })
        .catch((error: unknown) => {
          settle();
          if (attempt.signal.aborted && signal?.aborted !== true) resolve(undefined);
          else reject(error);
        });
    });
  }

  function hold(free: () => void): RuntimeLock {
    const release = (): void => {
      held.delete(release);
      free();
    };
    held.add(release);
    return {
      get held() {
        return held.has(release);
      },
      release,
    };
  }

  return {
    lock,
    hide() {
      hidden = true;
      for (const attempt of [...waiting]) attempt.abort();
      for (const release of [...held]) release();
    },
    show() {
      hidden = false;
      for (const resolve of shown) resolve();
      shown = [];
    },
  };
}
