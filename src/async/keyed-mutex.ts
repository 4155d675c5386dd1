import { onAbort, refuseAborted, type AbortSignalLike } from "../platform.ts";

/** By name, when the last of those who have a turn will have had it. */
export type Turns = Map<string, Promise<void>>;

/** Runs a task after those that asked before under the same name. Aborted while it waits, it rejects with the signal's reason. */
export async function inTurn<T>(
  turns: Turns,
  name: string,
  signal: AbortSignalLike | undefined,
  task: () => Promise<T>,
): Promise<T> {
  const before = turns.get(name);
  let leave!: () => void;
  const mine = new Promise<void>((resolve) => (leave = resolve));
  // Who gives up waiting does not let the next one in before the one in front has left.
  const last = before === undefined ? mine : before.then(() => mine);
  turns.set(name, last);
  void last.then(() => turns.get(name) === last && turns.delete(name));
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
