import type { Notifier, Tail } from "./notifier.ts";

/** Goes along the order of the store at its own pace: reads what it has not seen, and waits where there is no more. */
export interface Following {
  /** Resolves when news is heard. */
  readonly ready: Promise<void>;
  /** As the notifier's. */
  tailAfter(position: number): Tail | undefined;
  /** Resolves at the next news, or when `stop` is called. All that `tailAfter` had was taken in this turn. */
  news(): Promise<void>;
  stop(): void;
}

export function followNews(notifier: Notifier): Following {
  const { ready, detach } = notifier.attach();
  let wake: (() => void) | undefined;
  const waiter = {
    offer: () => (wake?.(), true),
    // Asking for the tail then throws.
    fail: () => wake?.(),
  };

  return {
    ready,
    tailAfter: notifier.tailAfter,
    news: () =>
      new Promise((resolve) => {
        wake = resolve;
        notifier.park(waiter);
      }),
    stop() {
      notifier.unpark(waiter);
      detach();
      wake?.();
    },
  };
}
