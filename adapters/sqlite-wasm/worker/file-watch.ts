import { EventStoreError, wrapVerbs, type AppendOutcome, type EventStorage } from "../../../src/adapter.ts";
import { POOL_FOLDER } from "./pool.ts";

/**
 * How long ago the files may last have been seen in their place when something is answered, in milliseconds. To look takes about
 * as long as a commit, so not every answer waits for one.
 */
const FRESH = 50;

/** So many writes in a row that end in an I/O error mean that the open files cannot be used any more. */
const MOST_FAILURES = 3;

/** Why the open files are of no use: they are deleted, or the browser does not let them be used. */
export type FileLoss = "deleted" | "unusable";

/** Watches over the files of an open pool, which a browser may delete while they are open: it goes on writing to them. */
export interface FileWatch {
  /** The storage, with no answer given that stands on deleted files: `store-replaced` instead. */
  guard(storage: EventStorage): EventStorage;
  /** Looks now. False: the files are lost. */
  look(): Promise<boolean>;
  /** Resolves when the files are lost. */
  readonly lost: Promise<FileLoss>;
}

/** Begins to watch over the pool in a directory, which must be open. */
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
      // Its name was drawn by chance: whatever is put in the place of the pool has no file of that name.
      await folder.getFileHandle(name);
      seen = began;
    } catch (error) {
      lose(error instanceof DOMException && error.name === "NotFoundError" ? "deleted" : "unusable");
    }
    return loss === undefined;
  }

  /** What was committed stands only if the files were in their place afterwards, or shortly before. */
  async function confirm(): Promise<void> {
    if (loss === undefined && (performance.now() - seen < FRESH || (await look()))) return;
    if (loss === "deleted") throw filesDeleted();
    // Not answered: whoever asked asks the next leader again.
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

/** The folder in which the pool keeps its files, and one of them. */
async function findFile(directory: string): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
  let folder = await navigator.storage.getDirectory();
  for (const part of [...directory.split("/"), POOL_FOLDER]) folder = await folder.getDirectoryHandle(part);
  for await (const name of folder.keys()) return { folder, name };
  throw new EventStoreError("storage-unavailable", "the pool of files is empty", { reason: "files" });
}

/** What everybody is told whose database was deleted by the browser. */
export function filesDeleted(): EventStoreError {
  const message = "the browser deleted the data of this site while the store was open: open it again, it is empty";
  return new EventStoreError("store-replaced", message, {});
}
