import { createAbort, onAbort, refuseAborted, type AbortControllerLike, type AbortSignalLike } from "../../platform.ts";
import type { Timing } from "../timing.ts";

/** The first and the longest pause, in milliseconds. */
const SHORTEST = 250;
const LONGEST = 30_000;

/** Pauses between attempts, which grow as long as all of them fail. */
export interface BackOff {
  /** Waits before the next attempt, or until `hurry`, but at least so many milliseconds. Rejects with the signal's reason. */
  pause(signal: AbortSignalLike, least?: number): Promise<void>;
  /** Ends the current pause, for example because the network is back. */
  hurry(): void;
  /** Begins with short pauses again, after something has succeeded. */
  reset(): void;
}

export function createBackOff({ wait, random }: Timing): BackOff {
  let failures = 0;
  /** Those that go on: pushing pauses after a failure, and separately for entries that the hub decides later. */
  const pauses = new Set<AbortControllerLike>();
  return {
    async pause(signal, least = 0) {
      if (least > 0) await wait(least, signal);
      // Half of it is random, so that the replicas of a hub that was restarted do not come back all at once.
      const longest = Math.min(LONGEST, SHORTEST * 2 ** failures++);
      const pause = createAbort();
      // A listener that was told of the failure may have closed the replica.
      refuseAborted(signal);
      const ignore = onAbort(signal, () => pause.abort());
      pauses.add(pause);
      await wait(longest * (0.5 + random() / 2), pause.signal).catch(() => undefined);
      pauses.delete(pause);
      ignore();
      refuseAborted(signal);
    },
    hurry: () => pauses.forEach((pause) => pause.abort()),
    reset: () => void (failures = 0),
  };
}
