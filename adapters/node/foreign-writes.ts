import { realpathSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";

/**
 * The pauses between the checks after a notification of the file system, in milliseconds: it arrives before the commit
 * is visible.
 */
const PAUSES = [1, 1, 2, 4];

/** The interval of additional checks, in milliseconds: notifications may be lost, and some file systems have none. */
const SAFETY_INTERVAL = 250;

/** The interval of checks without notifications, in milliseconds. */
const POLLING_INTERVAL = 25;

/**
 * Deno's `watch` opens every file that changes in the folder. When it closes SQLite's files, the process loses its locks on them
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
const watchLosesLocks: boolean = process.versions["deno"] !== undefined;

/**
 * Watches for other processes' commits to a database. After each change of its write-ahead log, it calls `probe` a few
 * times at most, until `probe` returns true. Returns a function that stops watching.
 */
export function watchForeignWrites(path: string, probe: () => boolean): () => void {
  let burst: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  let interval: NodeJS.Timeout | undefined;
  let step = 0;

  /** A change during the checks starts them again, because its commit may become visible later. */
  function wake(): void {
    step = 0;
    if (burst === undefined) look();
  }

  function look(): void {
    burst = undefined;
    if (probe()) return;
    const pause = PAUSES[step++];
    if (pause !== undefined) burst = setTimeout(look, pause);
  }

  function poll(milliseconds: number): void {
    clearInterval(interval);
    interval = setInterval(probe, milliseconds);
  }

  function watchFolder(): void {
    // SQLite keeps the log beside the file itself, not beside a link to the file.
    const file = realpathSync(path);
    const log = `${basename(file)}-wal`;
    // The folder is watched, not the log: the log is deleted and created again when the last process closes the
    // database.
    watcher = watch(dirname(file), (_event, name) => {
      if (name === null || name === log) wake();
    });
    watcher.on("error", () => poll(POLLING_INTERVAL));
    poll(SAFETY_INTERVAL);
  }

  try {
    if (watchLosesLocks) poll(POLLING_INTERVAL);
    else watchFolder();
  } catch {
    // No inotify watches are left, or the file system has none: only polling remains.
    poll(POLLING_INTERVAL);
  }

  return () => {
    watcher?.close();
    clearTimeout(burst);
    clearInterval(interval);
  };
}
