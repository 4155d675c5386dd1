import { EventStoreError } from "../errors.ts";

/**
 * Makes the error for statements that were interrupted after `timeout` milliseconds.
 *
 * @example
 * ```ts
 * const error = queryTimeout(5_000);
 * console.log(error.code, error.details); // → query-timeout { timeout: 5000 }
 * console.log(isEventStoreError(error, "query-timeout")); // → true
 * ```
 */
export function queryTimeout(timeout: number, cause?: unknown): EventStoreError {
  const message = `the statement was interrupted after ${timeout} ms: read less, add an index, or raise the option "timeout"`;
  return new EventStoreError("query-timeout", message, { timeout }, cause);
}
