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
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder: new (label: "utf-8", options: { fatal: boolean }) => { decode(bytes: Uint8Array): string };
  readonly AbortController: new () => AbortControllerLike;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  setInterval(callback: () => void, milliseconds: number): unknown;
  clearInterval(interval: unknown): void;
  queueMicrotask(callback: () => void): void;
}

const platform = globalThis as unknown as Platform;

/** `Symbol.asyncDispose`, also where the engine does not have it yet. */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

export function fillRandom(bytes: Uint8Array): void {
  platform.crypto.getRandomValues(bytes);
}

export function encodeUtf8(text: string): Uint8Array {
  return new platform.TextEncoder().encode(text);
}

/** `fatal`: throws where the bytes are not UTF-8, instead of putting U+FFFD in their place. */
export function decodeUtf8(bytes: Uint8Array, fatal = false): string {
  return new platform.TextDecoder("utf-8", { fatal }).decode(bytes);
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

/** Does some work under a signal that is aborted with the first of several: `AbortSignal.any` is younger than Node 20. */
export async function underSignals<T>(
  signals: readonly (AbortSignalLike | undefined)[],
  work: (signal: AbortSignalLike) => Promise<T>,
): Promise<T> {
  const all = createAbort();
  const endings = signals.map((one) => () => all.abort(one?.reason));
  signals.forEach((one, index) => {
    if (one?.aborted === true) endings[index]?.();
    one?.addEventListener("abort", endings[index] as () => void, { once: true });
  });
  try {
    return await work(all.signal);
  } finally {
    signals.forEach((one, index) => one?.removeEventListener("abort", endings[index] as () => void));
  }
}

/** Does some work, and rejects with the signal's reason as soon as that is aborted: work that has begun goes on unheard. */
export async function orAborted<T>(work: () => Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  if (signal === undefined) return work();
  if (signal.aborted) throw signal.reason;
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Does something over and over until the result is called; a process that has nothing else to do may end. */
export function every(milliseconds: number, task: () => void): () => void {
  const interval = platform.setInterval(task, milliseconds);
  // Node's are objects, which keep a process alive unless told otherwise; browsers' are numbers.
  (interval as { unref?(): void }).unref?.();
  return () => platform.clearInterval(interval);
}
