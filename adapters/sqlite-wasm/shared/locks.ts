/** A lock that is held until it is released, or until this tab or worker is gone, however it went. */
export interface HeldLock {
  /** Resolves once it is held. */
  readonly held: Promise<void>;
  release(): void;
}

/** Takes the lock that tells others that whoever holds it is alive. */
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
  // Whoever needs it awaits it; nobody may be left to.
  held.catch(() => undefined);
  return { held, release };
}

/** Calls back once whoever holds this lock is gone. Ask only when it is known to be held. Returns what ends the waiting. */
export function whenReleased(name: string, callback: () => void): () => void {
  const stop = new AbortController();
  const request = async (): Promise<void> => navigator.locks.request(name, { signal: stop.signal }, callback);
  // Nobody waits any longer.
  request().catch(() => undefined);
  return () => stop.abort();
}

/**
 * The same for the lock that somebody lives by, who was heard of. In Chromium a page keeps its locks when its site's data is
 * cleared, apart from those of workers and pages that start later: of them it does not hear. Then it never calls back.
 */
export function whenGone(life: string, callback: () => void): () => void {
  let stopped = false;
  let stop = (): void => void (stopped = true);
  const look = async (): Promise<void> => {
    const { held = [] } = await navigator.locks.query();
    if (!stopped && held.some(({ name }) => name === life)) stop = whenReleased(life, callback);
  };
  // Denied, it does not hear of it either.
  look().catch(() => undefined);
  return () => stop();
}
