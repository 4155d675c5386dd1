import { EventStoreError, wrapVerbs, type AppendOutcome, type EventStorage } from "../../../src/adapter.ts";
import { POOL_FOLDER } from "./pool.ts";

/**
 * For how long a check of the files stays valid for an answer, in milliseconds. A check takes about as long as a
 * commit, so not every answer waits for one.
 */
const FRESH = 50;

/** After this many consecutive writes with an I/O error, the open files count as unusable. */
const MOST_FAILURES = 3;

/** Why the open files are lost: they were deleted, or the browser no longer allows their use. */
export type FileLoss = "deleted" | "unusable";

/**
 * Watches the files of an open pool. A browser may delete them while they are open, and writes to them still succeed.
 */
export interface FileWatch {
  /** Wraps the storage so that no answer depends on deleted files: calls fail with `store-replaced` instead. */
  guard(storage: EventStorage): EventStorage;
  /** Checks the files now. Resolves with false if they are lost. */
  look(): Promise<boolean>;
  /** Resolves when the files are lost. */
  readonly lost: Promise<FileLoss>;
}

/** Starts watching the pool in a directory, which must be open. */
export async function watchFiles(directory: string): Promise<FileWatch> {
  const { folder, name } = await findFile(directory);
  let seen = performance.now();
  let failures = 0;
  let loss: FileLoss | undefined;
  let tell = (_loss: FileLoss): void => undefined;
  const lost = new Promise<FileLoss>((resolve) => (tell = resolve));

  function lose(found: FileLoss): void {
    loss ??= found;
    tell(loss);
  }

  async function look(): Promise<boolean> {
    const began = performance.now();
    try {
      // The name is random, so a pool that replaces this one has no file of that name.
      await folder.getFileHandle(name);
      seen = began;
    } catch (error) {
      lose(error instanceof DOMException && error.name === "NotFoundError" ? "deleted" : "unusable");
    }
    return loss === undefined;
  }

  /** A commit is valid only if the files were in their folder afterwards, or shortly before. */
  async function confirm(): Promise<void> {
    if (loss === undefined && (performance.now() - seen < FRESH || (await look()))) return;
    if (loss === "deleted") throw filesDeleted();
    // Never answered: the caller sends the call to the next leader again.
    await new Promise(() => undefined);
  }

  function count(failed: boolean): void {
    failures = failed ? failures + 1 : 0;
    if (failures >= MOST_FAILURES) lose("unusable");
  }

  return {
    lost,
    look,
    guard: (storage) =>
      wrapVerbs(storage, (verb, call, access) => async (argument) => {
        try {
          const answer = await verb(argument);
          const failed = call === "append" && hasFailed(answer as readonly AppendOutcome[]);
          if (access === "write") count(failed);
          if (failed) await look();
          await confirm();
          return answer;
        } catch (error) {
          if (isFileError(error)) {
            count(true);
            await look();
          }
          await confirm();
          throw error;
        }
      }),
  };
}

function hasFailed(outcomes: readonly AppendOutcome[]): boolean {
  return outcomes.some((outcome) => !outcome.ok && isFileError(outcome.failure));
}

function isFileError(error: unknown): boolean {
  const { code, details } = error as Partial<EventStoreError>;
  return code === "storage-unavailable" && String((details as { reason?: unknown }).reason).startsWith("SQLITE_IOERR");
}

/** Finds the folder in which the pool keeps its files, and one of these files. */
async function findFile(directory: string): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
  let folder = await navigator.storage.getDirectory();
  for (const part of [...directory.split("/"), POOL_FOLDER]) folder = await folder.getDirectoryHandle(part);
  for await (const name of folder.keys()) return { folder, name };
  throw new EventStoreError("storage-unavailable", "the file pool is empty", { reason: "files" });
}

/** The error for every client whose database was deleted by the browser. */
export function filesDeleted(): EventStoreError {
  const message =
    "the browser deleted the data of this site while the store was open: open the store again, which is now empty";
  return new EventStoreError("store-replaced", message, {});
}
