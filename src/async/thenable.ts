/** Whether a value is a promise, or anything else that can be awaited. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}

/** Nobody waits for it, and so nobody would see it fail. */
export function disregard(value: PromiseLike<unknown>): void {
  Promise.resolve(value).catch(() => undefined);
}

/**
 * Returns the value of a function that has to answer at once. Throws a `TypeError` for a promise, whose own rejection is then
 * ignored: nobody would handle it.
 */
export function refuseThenable<T>(value: T, what: string): T {
  if (!isThenable(value)) return value;
  disregard(value);
  throw new TypeError(
    `${what} returned a promise: it has to be synchronous, so await outside of it what it needs, before the append`,
  );
}
