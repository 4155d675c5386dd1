import type { Replica } from "rivulet/sync";

/** Resolves once a condition holds, which is checked whenever the replica tells of a change. */
export function until(replica: Replica, holds: () => boolean | Promise<boolean>): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void =>
      void Promise.resolve(holds()).then((held) => {
        if (!held) return;
        stop();
        resolve();
      }, reject);
    const stop = replica.subscribe(look);
    look();
  });
}
