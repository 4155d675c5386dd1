import { createAbort, onAbort, type AbortControllerLike, type AbortSignalLike } from "../platform.ts";
import type { BuildProgress, RebuildOptions } from "./read-model.ts";

type OnProgress = (progress: BuildProgress) => void;

interface Run {
  readonly over: AbortControllerLike;
  readonly listeners: Set<OnProgress>;
  readonly ended: Promise<void>;
  /** How many wait for it. */
  wanted: number;
}

/**
 * One rebuild at a time, for all who ask for one. Each has a signal of its own, which rejects its call with the signal's reason;
 * the rebuild goes on while somebody wants it.
 */
export function shareRebuild(
  rebuild: (signal: AbortSignalLike, onProgress: OnProgress) => Promise<void>,
): (options: RebuildOptions) => Promise<void> {
  let shared: Run | undefined;

  function begin(): Run {
    const over = createAbort();
    const listeners = new Set<OnProgress>();
    const ended = rebuild(over.signal, (progress) => {
      for (const listener of [...listeners]) listener(progress);
    });
    const run: Run = { over, listeners, ended, wanted: 0 };
    const forget = (): void => forgetRun(run);
    ended.then(forget, forget);
    return run;
  }

  function forgetRun(run: Run): void {
    if (shared === run) shared = undefined;
  }

  return ({ onProgress, signal }) =>
    new Promise((resolve, reject) => {
      const run = (shared ??= begin());
      run.wanted += 1;
      // Wrapped, so that two calls may share a listener.
      const listener: OnProgress = (progress) => onProgress?.(progress);
      run.listeners.add(listener);
      const ignore = onAbort(signal, () => {
        run.listeners.delete(listener);
        run.wanted -= 1;
        if (run.wanted > 0) return reject(signal?.reason);
        // The last one hears when nothing more is written; whoever asks from here on begins another.
        forgetRun(run);
        run.over.abort(signal?.reason);
      });
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T): void => {
          ignore();
          done(value);
        };
      run.ended.then(settle(resolve), settle(reject));
    });
}
