import { blocked } from "../shared/blocked.ts";
import type { AbortSignalLike, RuntimeLock } from "../../../src/adapter.ts";

/**
 * Web Locks of this page. While the page is frozen it neither holds nor awaits a lock, because others would wait for
 * it.
 */
export interface PageLocks {
  /** Waits for a lock. Rejects with the signal's reason. */
  lock(name: string, signal?: AbortSignalLike): Promise<RuntimeLock>;
  /** Releases every lock; `show` requests again those that were awaited. */
  hide(): void;
  show(): void;
  /** Releases every lock permanently. Waiting and later calls reject with this reason. */
  end(reason: unknown): void;
}

export function createPageLocks(nameOf: (name: string) => string): PageLocks {
  const held = new Set<() => void>();
  const waiting = new Set<AbortController>();
  let hidden = false;
  let ended: { readonly reason: unknown } | undefined;
  const shown = new Set<() => void>();

  async function lock(name: string, signal?: AbortSignalLike): Promise<RuntimeLock> {
    for (;;) {
      if (signal?.aborted === true) throw signal.reason;
      if (ended !== undefined) throw ended.reason;
      const granted = await (hidden ? untilShown(signal) : request(name, signal));
      if (granted !== undefined) return granted;
    }
  }

  function untilShown(signal: AbortSignalLike | undefined): Promise<undefined> {
    return new Promise((resolve) => {
      const go = (): void => {
        shown.delete(go);
        signal?.removeEventListener("abort", go);
        resolve(undefined);
      };
      shown.add(go);
      signal?.addEventListener("abort", go);
    });
  }

  /** Resolves with undefined if the page was frozen or the signal aborted meanwhile. */
  function request(name: string, signal: AbortSignalLike | undefined): Promise<RuntimeLock | undefined> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
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
          if (attempt.signal.aborted) resolve(undefined);
          else reject(blocked(error));
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

  function hide(): void {
    hidden = true;
    waiting.forEach((attempt) => attempt.abort());
    held.forEach((release) => release());
  }

  function show(): void {
    hidden = false;
    shown.forEach((go) => go());
  }

  return {
    lock,
    hide,
    show,
    end(reason) {
      ended = { reason };
      hide();
      show();
    },
  };
}
