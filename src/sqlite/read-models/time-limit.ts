import { EventStoreError } from "../../errors.ts";
import type { SqliteDriver } from "../driver.ts";

/**
 * Does some work whose statements may take so long in all, in milliseconds, where the driver can end them; then it throws
 * `query-timeout`. No time: as long as they take.
 */
export function withinTime<T>(driver: SqliteDriver, timeout: number | undefined, work: () => T): T {
  if (timeout === undefined || driver.within === undefined) return work();
  try {
    return driver.within(timeout, work);
  } catch (error) {
    throw driver.codeOf(error) === "SQLITE_INTERRUPT" ? queryTimeout(timeout, error) : error;
  }
}

export function queryTimeout(timeout: number, cause?: unknown): EventStoreError {
  const message = `it was ended after ${timeout} ms: ask for less, add an index, or allow more with the option "timeout"`;
  return new EventStoreError("query-timeout", message, { timeout }, cause);
}
