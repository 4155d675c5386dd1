import { realpathSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";

/** Between the looks after the file system has told of a change, in milliseconds: it tells before the commit can be seen. */
const PAUSES = [1, 1, 2, 4];

/** Look this often all the same, in milliseconds: notifications may be lost, and some file systems have none. */
const SAFETY_INTERVAL = 250;

/** The interval where the file system cannot notify at all. */
const POLLING_INTERVAL = 25;

/**
 * Watches for other processes' commits to a database: woken by changes to its write-ahead log, it calls `probe` until that
 * has found something, a few times at most. Returns what ends it.
 */
export function watchForeignWrites(path: string, probe: () => boolean): () => void {
  let burst: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  let interval: NodeJS.Timeout | undefined;
  let step = 0;

  /** What happens while it looks starts the looks again: the commit behind it may come into sight later still. */
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

  try {
    // SQLite keeps the log beside the file itself, not beside a link to it.
    const file = realpathSync(path);
    const log = `${basename(file)}-wal`;
    // The folder, not the file: the log goes and comes back when the last process closes the database.
    watcher = watch(dirname(file), (_event, name) => {
      if (name === null || name === log) wake();
    });
    watcher.on("error", () => poll(POLLING_INTERVAL));
    poll(SAFETY_INTERVAL);
  } catch {
    // Out of inotify watches, or a file system without: then only looking is left.
    poll(POLLING_INTERVAL);
  }

  return () => {
    watcher?.close();
    clearTimeout(burst);
    clearInterval(interval);
  };
}
