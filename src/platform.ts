/**
 * The few globals that the core uses, described by their shape, so that it compiles without DOM or Node types
 * and runs wherever they exist.
 */

declare global {
  // Consumers whose `lib` lacks `esnext.disposable` would not compile our declarations without these.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

/** What rivulet uses of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What rivulet uses of an `AbortController`. */
export interface AbortControllerLike {
  readonly signal: AbortSignalLike;
  abort(reason?: unknown): void;
}

interface Platform {
  readonly crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string };
  readonly AbortController: new () => AbortControllerLike;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  queueMicrotask(callback: () => void): void;
}

const platform = globalThis as unknown as Platform;

/** `Symbol.asyncDispose`, also where the engine does not have it yet. */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

export function fillRandom(bytes: Uint8Array): void {
  platform.crypto.getRandomValues(bytes);
}

export function decodeUtf8(bytes: Uint8Array): string {
  return new platform.TextDecoder().decode(bytes);
}

/** Runs a task once the code that runs now has come to its end. */
export function microtask(task: () => void): void {
  platform.queueMicrotask(task);
}

/** Rejects with the signal's reason once that is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignalLike): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw signal.reason;
    const abort = (): void => {
      stop();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    const stop = startTimer(milliseconds, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
  });
}

/** Runs a task once, later, unless the result is called before: then a process that has nothing else to do may end. */
export function startTimer(milliseconds: number, task: () => void): () => void {
  const timer = platform.setTimeout(task, milliseconds);
  return () => platform.clearTimeout(timer);
}

export function createAbort(): AbortControllerLike {
  return new platform.AbortController();
}
