/**
 * The few globals that the core uses, described by their shape, so that it compiles without DOM or Node types
 * and runs wherever they exist.
 */

declare global {
  // Consumers whose `lib` lacks `esnext.disposable` would not compile our declarations without these.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
  /** An object that `await using` closes. */
  interface AsyncDisposable {
    /** Closes the object; called at the end of an `await using` block. */
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
  readonly crypto: { getRandomValues(values: Uint32Array): Uint32Array };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder: new (label: "utf-8", options: { fatal: boolean }) => { decode(bytes: Uint8Array): string };
  readonly AbortController: new () => AbortControllerLike;
  readonly performance: { now(): number };
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  setInterval(callback: () => void, milliseconds: number): unknown;
  clearInterval(interval: unknown): void;
  queueMicrotask(callback: () => void): void;
}

const platform = globalThis as unknown as Platform;

// Read once, when the package is loaded, because tests of an application may later replace them by fake timers. Marked as pure, so
// that a bundle contains only those that it uses.
const setTimeout = /* @__PURE__ */ taken("setTimeout");
const clearTimeout = /* @__PURE__ */ taken("clearTimeout");
const setInterval = /* @__PURE__ */ taken("setInterval");
const clearInterval = /* @__PURE__ */ taken("clearInterval");
const queueMicrotask = /* @__PURE__ */ taken("queueMicrotask");

function taken<Name extends keyof Platform>(name: Name): Platform[Name] {
  return platform[name];
}

/** Returns milliseconds on a monotonic clock, for durations. It may stop while the machine sleeps. */
export const monotonicNow: () => number = /* @__PURE__ */ originalNow();

function originalNow(): () => number {
  const { performance } = platform;
  return performance.now.bind(performance);
}

/** `Symbol.asyncDispose`, or its equivalent in engines without it. */
export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for("Symbol.asyncDispose") as typeof Symbol.asyncDispose);

export function fillRandom(values: Uint32Array): void {
  platform.crypto.getRandomValues(values);
}

export function encodeUtf8(text: string): Uint8Array {
  return new platform.TextEncoder().encode(text);
}

/** Decodes UTF-8. Invalid bytes become U+FFFD, or throw if `fatal` is set. */
export function decodeUtf8(bytes: Uint8Array, fatal = false): string {
  return new platform.TextDecoder("utf-8", { fatal }).decode(bytes);
}

/** Runs a task as a microtask. It must not throw. */
export function microtask(task: () => void): void {
  void Promise.resolve().then(task);
}

/** Throws an error in a microtask of its own, so that it is reported as uncaught. */
export function throwApart(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Waits. Rejects with the signal's reason once that is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignalLike): Promise<void> {
  return new Promise((resolve, reject) => {
    refuseAborted(signal);
    const stopTimer = startTimer(milliseconds, () => {
      ignore();
      resolve();
    });
    const ignore = onAbort(signal, () => {
      stopTimer();
      reject(signal?.reason);
    });
  });
}

/** Runs a task after a time, unless the returned function is called before. A cancelled timer does not keep a process alive. */
export function startTimer(milliseconds: number, task: () => void): () => void {
  const timer = setTimeout(task, milliseconds);
  return () => clearTimeout(timer);
}

export function createAbort(): AbortControllerLike {
  return new platform.AbortController();
}

/** Refuses an aborted signal. @throws its reason. */
export function refuseAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** The tasks for each signal, and its single listener. */
const watched = new WeakMap<AbortSignalLike, { readonly tasks: Set<() => void>; readonly listener: () => void }>();

/**
 * Calls a task when a signal is aborted, unless the returned function is called before. A signal gets one listener for all tasks,
 * because Node warns of a leak if it has more than ten.
 */
export function onAbort(signal: AbortSignalLike | undefined, task: () => void): () => void {
  if (signal === undefined) return nothing;
  const { tasks, listener } = watched.get(signal) ?? watch(signal);
  // Wrapped, so that the same function can be registered twice.
  const own = (): void => task();
  tasks.add(own);
  return () => {
    if (!tasks.delete(own) || tasks.size > 0) return;
    watched.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

function nothing(): void {}

function watch(signal: AbortSignalLike): { tasks: Set<() => void>; listener: () => void } {
  const tasks = new Set<() => void>();
  const all = { tasks, listener: () => tasks.forEach((one) => one()) };
  watched.set(signal, all);
  signal.addEventListener("abort", all.listener, { once: true });
  return all;
}

/** Returns a function that calls a task when a signal is aborted, at once if it has been. */
export function whenAborted(signal: AbortSignalLike | undefined): (task: () => void) => () => void {
  return (task) => {
    if (signal?.aborted === true) task();
    return onAbort(signal, task);
  };
}

/** Calls `work` with a signal that is aborted with the first of several. `AbortSignal.any` is missing in early versions of Node 20. */
export async function underSignals<T>(
  signals: readonly (AbortSignalLike | undefined)[],
  work: (signal: AbortSignalLike) => Promise<T>,
): Promise<T> {
  const all = createAbort();
  const ignore = signals.map((one) => {
    if (one?.aborted === true) all.abort(one.reason);
    return onAbort(one, () => all.abort(one?.reason));
  });
  try {
    return await work(all.signal);
  } finally {
    ignore.forEach((stop) => stop());
  }
}

/** Calls `work`, and rejects with the signal's reason as soon as that is aborted. Work that has begun continues, and its result is ignored. */
export async function orAborted<T>(work: () => Promise<T>, signal: AbortSignalLike | undefined): Promise<T> {
  refuseAborted(signal);
  let ignore: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    ignore = onAbort(signal, () => reject(signal?.reason));
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    ignore();
  }
}

/** Runs a task periodically until the returned function is called. The timer does not keep a process alive. */
export function every(milliseconds: number, task: () => void): () => void {
  const interval = setInterval(task, milliseconds);
  // In Node a timer is an object that keeps the process alive by default; in browsers it is a number.
  (interval as { unref?(): void }).unref?.();
  return () => clearInterval(interval);
}
