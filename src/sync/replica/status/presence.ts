import { createCondition } from "../../../async/condition.ts";
import { followPage } from "../../../page.ts";
import { createAbort, type AbortSignalLike } from "../../../platform.ts";

/** Whether the page is awake that a replica runs in. Other runtimes always are. */
export interface Presence {
  /** Aborted when the page is frozen, put away or left; another one afterwards. */
  readonly signal: AbortSignalLike;
  /** Resolves once the page is awake; rejects with the reason of the given signal. */
  awake(signal: AbortSignalLike): Promise<void>;
  stop(): void;
}

/**
 * Follows the page. One that is put away must neither hold a connection, which the browser would not allow or would cut unnoticed, nor
 * the lease that other tabs wait for.
 */
export function createPresence(onSleep: () => void, onWake: (online: boolean) => void): Presence {
  const woken = createCondition();
  let away = createAbort();
  const stop = followPage({
    onSleep() {
      away.abort();
      onSleep();
    },
    onWake(online) {
      if (away.signal.aborted) away = createAbort();
      woken.notify();
      onWake(online);
    },
  });
  return {
    get signal() {
      return away.signal;
    },
    async awake(signal) {
      while (away.signal.aborted) await woken.wait(signal);
    },
    stop,
  };
}
