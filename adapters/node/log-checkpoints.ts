import { realpathSync, statSync } from "node:fs";
import { clearTimeout, setTimeout } from "node:timers";
import type { SqliteDriver, SqliteStatement } from "../../src/adapter.ts";
import { startCheckpointThread, type CheckpointThread } from "./checkpoint-thread.ts";
import type { Engine } from "./engine.ts";
import { fileAt } from "./file-at.ts";

/**
 * After this many pages in the log (32 MiB), SQLite runs a checkpoint in the thread that writes, if nothing else does: less often than
 * with its default of 1,000, which halves the speed of scattered inserts.
 */
export const CHECKPOINT_PAGES = 8_000;

/** The same while another thread runs the checkpoints: then this happens only if that thread falls far behind. */
const LAST_RESORT_PAGES = 32_000;

/** The length of the log, in pages, from which another thread copies it into the database file. */
const LONG_LOG = 4_000;

const PAGE_BYTES = 4_096;

/** How many pages this thread copies itself: what was written while the other thread copied the rest. */
const SHORT_REST = 400;

/** How long after a write the log is measured, in milliseconds. Writes in the meantime cost nothing. */
const MEASURED_AFTER = 100;

/** Checkpoints that hardly hold up appends and the event loop. */
export interface LogCheckpoints {
  /** Notes that the log has become longer. */
  wrote(): void;
  /** Ends the thread. Has to resolve before the connection is closed. */
  close(): Promise<void>;
}

/**
 * Runs the checkpoints of a file's log in a thread with a connection of its own, which is started when the log is long for the first
 * time. A checkpoint reads thousands of pages and writes them to places all over the file, and an append that met one waited for it.
 * Where no thread can be started, SQLite goes on to run them in this thread.
 */
export function checkpointsElsewhere(engine: Engine, driver: SqliteDriver, path: string): LogCheckpoints {
  const file = fileAt(path);
  // SQLite keeps the log beside the file itself, not beside a link to it.
  const log = `${file === undefined ? path : realpathSync(path)}-wal`;
  let timer: NodeJS.Timeout | undefined;
  let measuring: SqliteStatement | undefined;
  let starting: Promise<CheckpointThread> | undefined;
  let copying = false;
  let over = false;

  /** SQLite counts the whole log, and how much of it is in the file already. */
  function measure(): { length: number; rest: number } {
    measuring ??= driver.prepare("PRAGMA wal_checkpoint(NOOP)");
    const [, length, copied] = measuring.get() as [number, number, number];
    return { length, rest: length - copied };
  }

  function look(): void {
    timer = undefined;
    if (over || copying) return;
    try {
      // A log is never longer than its file, which is asked for at less cost than SQLite.
      if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) < LONG_LOG * PAGE_BYTES) return;
      // Nothing can be measured while a transaction is open, such as that of a verification.
      if (driver.inTransaction) return wrote();
      const { length, rest } = measure();
      if (length >= LONG_LOG && rest > 0) void copy();
    } catch {
      giveUp();
    }
  }

  async function copy(): Promise<void> {
    copying = true;
    try {
      const thread = await (starting ??= start());
      await thread.copy();
      if (!over) copyRest();
    } catch {
      giveUp();
    } finally {
      copying = false;
    }
  }

  async function start(): Promise<CheckpointThread> {
    // The thread opens the path, which may be another file's by now.
    if (file === undefined || fileAt(path) !== file) throw new Error("the file is gone");
    const thread = await startCheckpointThread(engine, path);
    if (!over) setPages(LAST_RESORT_PAGES);
    return thread;
  }

  /** SQLite begins the log anew at a write that finds all of it copied, which a thread alone may never achieve while this one writes. */
  function copyRest(): void {
    if (driver.inTransaction) return;
    const { rest } = measure();
    if (rest > 0 && rest <= SHORT_REST) driver.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
  }

  function setPages(pages: number): void {
    driver.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
  }

  /** For good: appends wait for checkpoints as they would without a thread. */
  function giveUp(): void {
    if (over) return;
    over = true;
    void end();
    try {
      setPages(CHECKPOINT_PAGES);
    } catch {
      // The connection is closed.
    }
  }

  async function end(): Promise<void> {
    clearTimeout(timer);
    await starting?.then(
      (thread) => thread.close(),
      () => undefined,
    );
  }

  function wrote(): void {
    if (timer === undefined && !over) timer = setTimeout(look, MEASURED_AFTER).unref();
  }

  return {
    wrote,
    close() {
      over = true;
      return end();
    },
  };
}
