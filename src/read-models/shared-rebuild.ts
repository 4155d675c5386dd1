import { createAbort, onAbort, type AbortControllerLike, type AbortSignalLike } from "../platform.ts";
import type { BuildProgress, RebuildOptions } from "./read-model.ts";

type OnProgress = (progress: BuildProgress) => void;

interface Run {
  readonly over: AbortControllerLike;
  /** The progress callbacks of all calls that wait for this run. */
  readonly listeners: Set<OnProgress>;
  readonly ended: Promise<void>;
}

/**
 * Runs one rebuild at a time, which all calls share. A call rejects with the reason of its own signal, or with what its `onProgress`
 * throws; the rebuild continues as long as another call waits for it.
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
      /** The error that this call's `onProgress` threw. */
      let failure: { readonly error: unknown } | undefined;
      // A function of this call's own, so that two calls may share a callback.
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
        // The last call settles once the run has ended. Later calls start a new run.
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
