import { EventStoreError, isEventStoreError, messageOf, type EventStoreErrorCode } from "../errors.ts";
import { monotonicNow, sleep } from "../platform.ts";
import type { PostgresDriver } from "./driver.ts";
import { FORMAT_VERSION } from "./migrations.ts";

const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 500;

type Codes = Pick<PostgresDriver, "codeOf" | "isLost">;

/**
 * Whether a statement may succeed if it is run again: the connection was lost, the server is starting, or the statement lost against
 * others (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
export function isPassing(driver: Codes, error: unknown): boolean {
  return driver.isLost(error) || ["40001", "40P01"].includes(driver.codeOf(error) ?? "");
}

/** Runs work that may be done twice. Tries again while an error may pass, for at most `timeout` milliseconds after the first. */
export async function persist<T>(driver: Codes, timeout: number, work: () => Promise<T>): Promise<T> {
  let deadline = Infinity;
  for (let pause = 0; ; pause = nextPause(pause)) {
    try {
      return await work();
    } catch (error) {
      if (pause === 0) deadline = monotonicNow() + timeout;
      if (!isPassing(driver, error) || monotonicNow() >= deadline) throw toStoreError(driver, error, timeout);
      // The first time at once: the pool may have kept a connection to a server that was started again since.
      if (pause > 0) await sleep(pause * (0.5 + Math.random()));
    }
  }
}

export function nextPause(pause: number): number {
  return pause === 0 ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, pause * 2);
}

/** Turns an error of a driver into an `EventStoreError`. */
export function toStoreError(driver: Codes, error: unknown, timeout: number): EventStoreError {
  if (isEventStoreError(error)) return error;
  const code = driver.codeOf(error);
  if (code !== undefined) return errorOfCode(code, error, timeout);
  return driver.isLost(error)
    ? unavailable("connection", "PostgreSQL cannot be reached: check that it runs, and its address", error)
    : unavailable("unexpected", "the client of PostgreSQL failed", error);
}

/** Makes the error for a SQLSTATE. */
export function errorOfCode(code: string, error: unknown, timeout: number): EventStoreError {
  const known = KNOWN.find(([pattern]) => pattern.test(code));
  if (known === undefined) return unavailable(code, "PostgreSQL refused a statement", error);
  const [, kind, advice] = known;
  const message = `${advice}: ${messageOf(error)} (${code})`;
  if (kind === "storage-busy") return new EventStoreError(kind, message, { timeout }, error);
  if (kind === "storage-format")
    return new EventStoreError(kind, message, { found: code, supported: FORMAT_VERSION }, error);
  if (kind === "storage-unavailable") return new EventStoreError(kind, message, { reason: code }, error);
  return new EventStoreError(kind as "storage-full", message, {}, error);
}

function unavailable(reason: string, advice: string, error: unknown): EventStoreError {
  return new EventStoreError("storage-unavailable", `${advice}: ${messageOf(error)} (${reason})`, { reason }, error);
}

/** The SQLSTATEs that say more than that a statement failed. */
const KNOWN: readonly (readonly [RegExp, EventStoreErrorCode, string])[] = [
  [/^53100$/, "storage-full", "no space is left for the database: free some and append again"],
  [
    /^53[23]00$/,
    "storage-unavailable",
    "the server has no connections or no memory left: raise its limits, or use fewer connections",
  ],
  [/^(?:55P03|40001|40P01)$/, "storage-busy", "others held a lock for too long"],
  [/^57014$/, "storage-unavailable", "the server interrupted a statement: raise statement_timeout"],
  [/^(?:57P0.|08...)$/, "storage-unavailable", "the server has ended the connection, or is not ready"],
  [
    /^25P0[34]$/,
    "storage-unavailable",
    "the server has ended the connection, because a transaction was idle for too long",
  ],
  [/^25006$/, "storage-unavailable", "this server only reads: connect to the primary"],
  [/^42501$/, "storage-unavailable", "the role may not do this: grant it the rights that docs/postgresql.md lists"],
  [/^28...$/, "storage-unavailable", "the server does not accept this user or password"],
  [/^3D000$/, "storage-unavailable", "there is no such database: create it"],
  [
    /^(?:3F000|42P01|42883|42703)$/,
    "storage-format",
    "the schema lacks rivulet's tables or functions: restore it from a copy",
  ],
  [/^XX00[12]$/, "storage-corrupt", "the database is damaged: restore it from a copy"],
  [/^54...$/, "storage-unavailable", "a value is larger than PostgreSQL stores: make it smaller"],
];
