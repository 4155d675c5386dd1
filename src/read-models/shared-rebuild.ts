import { createAbort, onAbort, type AbortControllerLike, type AbortSignalLike } from "../platform.ts";
import type { BuildProgress, RebuildOptions } from "./read-model.ts";

type OnProgress = (progress: BuildProgress) => void;

interface Run {
  readonly over: AbortControllerLike;
  /** Of each who waits for it. */
  readonly listeners: Set<OnProgress>;
  readonly ended: Promise<void>;
}

/**
 * One rebuild at a time, for all who ask for one. Each has a signal of its own, which rejects its call with the signal's reason,
 * as what its `onProgress` throws does; the rebuild goes on while somebody wants it.
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
    const run: Run = { over, listeners, ended };
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
      /** What its own `onProgress` has thrown. */
      let failure: { readonly error: unknown } | undefined;
      // Its own, so that two calls may share a callback.
      const listener: OnProgress = (progress) => {
        try {
          onProgress?.(progress);
        } catch (error) {
          failure = { error };
          ignore();
          leave(error);
        }
      };
      run.listeners.add(listener);
      const ignore = onAbort(signal, () => leave(signal?.reason));

      function leave(reason: unknown): void {
        run.listeners.delete(listener);
        if (run.listeners.size > 0) return reject(reason);
        // The last one hears when nothing more is written; whoever asks from here on begins another.
        forgetRun(run);
        run.over.abort(reason);
      }

      run.ended.then(
        () => {
          ignore();
          if (failure === undefined) resolve();
          else reject(failure.error);
        },
        (error: unknown) => {
          ignore();
          reject(failure === undefined ? error : failure.error);
        },
      );
    });
}
