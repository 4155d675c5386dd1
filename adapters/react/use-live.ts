import { useMemo, useSyncExternalStore } from "react";

/** What is kept up to date. */
interface Source {
  /** The error that has ended it; undefined while it runs. */
  readonly error: unknown;
  subscribe(listener: () => void): unknown;
  close(): void;
}

/** Opens a live state when React subscribes, and closes it when React unsubscribes. Throws the error that has ended it. */
export function useLive<Live extends Source, Shown extends object>(
  open: (() => Live) | undefined,
  initial: () => Shown,
  show: (live: Live) => Shown,
  inputs: readonly unknown[],
): Shown & { readonly caughtUp: boolean } {
  const { subscribe, shown, start } = useMemo(() => {
    const before: Shown & { readonly caughtUp: boolean; readonly error?: unknown } = { ...initial(), caughtUp: false };
    let now = before;
    return {
      subscribe(changed: () => void): () => void {
        try {
          const live = open?.();
          live?.subscribe(() => {
            now = { ...show(live), caughtUp: true, error: live.error };
            changed();
          });
          return () => live?.close();
        } catch (error) {
          now = { ...before, error };
          changed();
          return () => undefined;
        }
      },
      shown: () => now,
      start: () => before,
    };
  }, inputs);
  const now = useSyncExternalStore(subscribe, shown, start);
  if (now.error !== undefined) throw now.error;
  return now;
}
