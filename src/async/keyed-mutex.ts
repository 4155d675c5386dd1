import { onAbort, refuseAborted, type AbortSignalLike } from "../platform.ts";

/** Locks by key: when the last task of each will have ended. */
export type KeyedMutex = Map<string, Promise<void>>;

/** Runs a task after all earlier tasks of the same key. Rejects with the signal's reason if aborted while it waits. */
export async function runExclusive<T>(
  locks: KeyedMutex,
  name: string,
  signal: AbortSignalLike | undefined,
  task: () => Promise<T>,
): Promise<T> {
  const before = locks.get(name);
  let leave!: () => void;
  const mine = new Promise<void>((resolve) => (leave = resolve));
  // A task that is aborted while it waits still keeps the next one waiting for the one before.
  const last = before === undefined ? mine : before.then(() => mine);
  locks.set(name, last);
  void last.then(() => locks.get(name) === last && locks.delete(name));
  try {
    if (before !== undefined) await unlessAborted(before, signal);
    return await task();
  } finally {
    leave();
  }
}

function unlessAborted(wait: Promise<void>, signal: AbortSignalLike | undefined): Promise<void> {
  if (signal === undefined) return wait;
  return new Promise((resolve, reject) => {
    refuseAborted(signal);
    const ignore = onAbort(signal, () => reject(signal.reason));
    void wait.then(() => {
      ignore();
      resolve();
    });
  });
}
