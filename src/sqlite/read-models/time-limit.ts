import { queryTimeout } from "../../storage/query-timeout.ts";
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
