/** Whether a value is a promise, or anything else that can be awaited. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
}

/** Ignores the rejection of a promise that nobody awaits. */
export function disregard(value: PromiseLike<unknown>): void {
  Promise.resolve(value).catch(() => undefined);
}

/**
 * Returns the value of a function that must be synchronous. Ignores the rejection of a promise that is refused.
 *
 * @throws a `TypeError` for a promise.
 */
export function refuseThenable<T>(value: T, what: string): T {
  if (!isThenable(value)) return value;
  disregard(value);
  throw new TypeError(`${what} returned a promise: it must be synchronous, so await what it needs before the append`);
}
