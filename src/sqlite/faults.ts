import { EventStoreError, isEventStoreError, messageOf } from "../errors.ts";
import { monotonicNow, sleep } from "../platform.ts";
import type { SqliteDriver } from "./driver.ts";
import { MIGRATIONS } from "./migrations.ts";

const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 25;

/**
 * Turns an error that a driver threw into an `EventStoreError`. Errors that are not SQLite's stay as they are.
 *
 * @example
 * ```ts
 * try {
 *   driver.exec("SELECT * FROM nowhere");
 * } catch (error) {
 *   console.log(isEventStoreError(toStoreError(driver, error), "storage-unavailable")); // → true
 * }
 * ```
 */
export function toStoreError(driver: Pick<SqliteDriver, "codeOf">, error: unknown): unknown {
  if (isEventStoreError(error)) return error;
  const code = driver.codeOf(error);
  if (code === undefined) return error;
  const text = `${messageOf(error)} (${code})`;
  if (code === "SQLITE_FULL") {
    return new EventStoreError(
      "storage-full",
      `no space is left for the database: free some and append again: ${text}`,
      {},
      error,
    );
  }
  if (code.startsWith("SQLITE_CORRUPT")) {
    return new EventStoreError(
      "storage-corrupt",
      `the database is damaged: restore it from a copy: ${text}`,
      {},
      error,
    );
  }
  if (code === "SQLITE_NOTADB") {
    const details = { found: "not a SQLite database", supported: MIGRATIONS.length };
    return new EventStoreError(
      "storage-format",
      `this file is not a SQLite database: use another file: ${text}`,
      details,
      error,
    );
  }
  // What SQLite says of a schema format that it does not know (https://sqlite.org/fileformat2.html#schema_format_number), with a
  // code that says nothing.
  if (code === "SQLITE_ERROR" && messageOf(error) === "unsupported file format") {
    const details = { found: "an unknown schema format of SQLite", supported: MIGRATIONS.length };
    const message = `SQLite here does not know the format of this database: update it, or use a copy of the file: ${text}`;
    return new EventStoreError("storage-format", message, details, error);
  }
  if (code === "SQLITE_TOOBIG") {
    const message = `a value is larger than this SQLite stores: make it smaller: ${text}`;
    return new EventStoreError("storage-unavailable", message, { reason: code }, error);
  }
  const advice = ADVICE.find(([beginning]) => code.startsWith(beginning))?.[1];
  const message = `the database cannot be used: ${advice === undefined ? "" : `${advice}: `}${text}`;
  return new EventStoreError("storage-unavailable", message, { reason: code }, error);
}

const MAY_WRITE = "check the path, and that this process may write to the file and to its folder";

/** What to do about errors of the platform under SQLite, by the beginnings of their codes (https://sqlite.org/rescode.html). */
const ADVICE: readonly (readonly [beginning: string, advice: string])[] = [
  ["SQLITE_CANTOPEN", MAY_WRITE],
  ["SQLITE_READONLY", MAY_WRITE],
  ["SQLITE_PERM", MAY_WRITE],
  ["SQLITE_IOERR", "check the disk, which has to be a local one"],
  ["SQLITE_PROTOCOL", "open it again, from a local disk"],
  ["SQLITE_NOMEM", "free some memory"],
];

/**
 * Runs synchronous work on a database that other processes write to as well. While they hold the lock, retries without blocking the
 * thread; after `timeout` milliseconds, rejects with `storage-busy`. Other errors go through {@link toStoreError}.
 */
export function whenNotBusy<T>(driver: SqliteDriver, timeout: number, work: () => T): Promise<T> {
  // Without a lock, this costs no more than the call itself: every call of the storage comes through here.
  try {
    return Promise.resolve(work());
  } catch (error) {
    return afterFailure(driver, timeout, work, error);
  }
}

/** As {@link whenNotBusy}, for work that has failed once. `orElse` answers in place of a rejection. */
export function afterFailure<T>(
  driver: SqliteDriver,
  timeout: number,
  work: () => T,
  error: unknown,
  orElse: (error: unknown) => Promise<T> = reject,
): Promise<T> {
  if (isBusy(driver, error)) return tryAgain(driver, timeout, work, error).catch(orElse);
  return orElse(toStoreError(driver, error));
}

function reject(error: unknown): Promise<never> {
  return Promise.reject(error);
}

async function tryAgain<T>(driver: SqliteDriver, timeout: number, work: () => T, first: unknown): Promise<T> {
  const deadline = monotonicNow() + timeout;
  let cause = first;
  for (let pause = FIRST_PAUSE; monotonicNow() < deadline; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
    await sleep(pause * (0.5 + Math.random()));
    try {
      return work();
    } catch (error) {
      if (!isBusy(driver, error)) throw toStoreError(driver, error);
      cause = error;
    }
  }
  throw new EventStoreError(
    "storage-busy",
    `the database was locked for ${timeout} ms: try again, or raise busyTimeout`,
    { timeout },
    cause,
  );
}

/** Tells whether an error only means that another process holds the lock. */
export function isBusy(driver: SqliteDriver, error: unknown): boolean {
  return driver.codeOf(error)?.startsWith("SQLITE_BUSY") === true;
}
