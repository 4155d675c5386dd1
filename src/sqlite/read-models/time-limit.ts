import { EventStoreError } from "../../errors.ts";
import type { SqliteDriver } from "../driver.ts";

/**
 * Runs work whose statements may take at most `timeout` milliseconds, if the driver can interrupt them; without a timeout, as long as
 * they need.
 *
 * @throws `query-timeout`.
 */
export function withinTime<T>(driver: SqliteDriver, timeout: number | undefined, work: () => T): T {
  if (timeout === undefined || driver.within === undefined) return work();
  try {
    return driver.within(timeout, work);
  } catch (error) {
    throw driver.codeOf(error) === "SQLITE_INTERRUPT" ? queryTimeout(timeout, error) : error;
  }
}

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
