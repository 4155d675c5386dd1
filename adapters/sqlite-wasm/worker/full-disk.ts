import {
  fromFailure,
  isEventStoreError,
  toFailure,
  wrapVerbs,
  type AppendOutcome,
  type AppendRequest,
  type EventStorage,
  type Failure,
} from "../../../src/adapter.ts";
import { askSafely } from "../shared/blocked.ts";
import type { Sqlite } from "./sqlite.ts";

/** If less space than this is left, in bytes, a failed write is attributed to the full disk. */
const SCARCE = 1 << 20;

/**
 * Wraps a storage: a browser reports a full disk as an I/O error, which becomes `storage-full` if the file system said
 * so or if almost no space is left.
 */
export function namingFullDisks(storage: EventStorage, sqlite: Pick<Sqlite, "takeError">): EventStorage {
  const naming = wrapVerbs(storage, (verb, _name, access) =>
    access === "write" ? (argument) => verb(argument).catch(rethrow) : verb,
  );
  return { ...naming, append };

  /** An append's failures are part of its result, one for each request. */
  async function append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    // An earlier error says nothing about the next one.
    sqlite.takeError();
    const outcomes = await naming.append(requests);
    const failures = outcomes.map((outcome) => (outcome.ok ? undefined : outcome.failure));
    if (!failures.some(isWriteFailure) || !(await isFull(sqlite))) return outcomes;
    return outcomes.map((outcome, index) => {
      const failure = failures[index];
      return isWriteFailure(failure) ? { ok: false, failure: full(failure) } : outcome;
    });
  }

  async function rethrow(error: unknown): Promise<never> {
    throw await nameFullDisk(error, sqlite);
  }
}

/** Converts one error in the same way. */
export async function nameFullDisk(error: unknown, sqlite: Pick<Sqlite, "takeError">): Promise<unknown> {
  const failure = isEventStoreError(error) ? toFailure(error) : undefined;
  return isWriteFailure(failure) && (await isFull(sqlite)) ? fromFailure(full(failure)) : error;
}

function isWriteFailure(failure: Failure | undefined): failure is Failure {
  return failure?.code === "storage-unavailable" && String(failure.details["reason"]).startsWith("SQLITE_IOERR");
}

function full({ message }: Failure): Failure {
  return {
    code: "storage-full",
    message: `the browser has no more space for this site: free some and try again: ${message}`,
    details: {},
  };
}

async function isFull({ takeError }: Pick<Sqlite, "takeError">): Promise<boolean> {
  const error = takeError();
  if (error instanceof DOMException && error.name === "QuotaExceededError") return true;
  const { quota, usage } = await askSafely(() => navigator.storage.estimate(), {});
  return quota !== undefined && usage !== undefined && quota - usage < SCARCE;
}
