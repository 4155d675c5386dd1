import { watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";

/** When to look after the file system has told of a change, in milliseconds: it tells before the commit can be seen. */
const LOOKS = [0, 1, 2, 4, 8];

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

  function look(step: number): void {
    burst = undefined;
    const next = LOOKS[step + 1];
    if (probe() || next === undefined) return;
    burst = setTimeout(() => look(step + 1), next - (LOOKS[step] as number));
  }

  function poll(milliseconds: number): void {
    clearInterval(interval);
    interval = setInterval(probe, milliseconds);
  }

  try {
    const log = `${basename(path)}-wal`;
    // The folder, not the file: the log goes and comes back when the last process closes the database.
    watcher = watch(dirname(path), (_event, name) => {
      if (burst === undefined && (name === null || name === log)) look(0);
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
