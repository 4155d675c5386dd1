/** A lock that is held until it is released, or until this tab or worker ends in any way. */
export interface HeldLock {
  /** Resolves once it is held. */
  readonly held: Promise<void>;
  release(): void;
}

/** Takes a lock that shows others that its holder is alive. */
export function holdLock(name: string): HeldLock {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const held = new Promise<void>((resolve, reject) => {
    navigator.locks
      .request(name, () => {
        resolve();
        return released;
      })
      .catch(reject);
  });
  // The caller may not await it; a rejection must not go unhandled.
  held.catch(() => undefined);
  return { held, release };
}

/**
 * Calls back once the holder of this lock is gone. Call it only while the lock is known to be held. Returns a function
 * that stops waiting.
 */
export function whenReleased(name: string, callback: () => void): () => void {
  const stop = new AbortController();
  const request = async (): Promise<void> => navigator.locks.request(name, { signal: stop.signal }, callback);
  // Rejects if the wait was aborted, or if the browser denies locks.
  request().catch(() => undefined);
  return () => stop.abort();
}

/**
 * Like `whenReleased`, for a client that may hold a lock that this context cannot see. In Chromium, a page whose site's
 * data was cleared keeps its locks apart from those of workers and pages that start later. Then it never calls back.
 */
export function whenGone(life: string, callback: () => void): () => void {
  let stopped = false;
  let stop = (): void => void (stopped = true);
  const look = async (): Promise<void> => {
    const { held = [] } = await navigator.locks.query();
    if (!stopped && held.some(({ name }) => name === life)) stop = whenReleased(life, callback);
  };
  // If locks are denied, it never calls back either.
  look().catch(() => undefined);
  return () => stop();
}
