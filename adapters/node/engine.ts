import type { Worker } from "node:worker_threads";
import type { SqliteDriver } from "../../src/adapter.ts";

/**
 * How long SQLite itself waits for another process's lock, blocking its thread, in milliseconds. Kept short: beyond it
 * the storage tries again without blocking.
 */
export const BLOCKING_TIMEOUT = 100;

/** What a synchronous SQLite of Node has to say of itself; everything else is the same for all of them. */
export interface Engine {
  /** What `info().adapter` tells. */
  readonly name: string;
  /**
   * A connection; no path: a database in memory. `readOnly`: of a file that is there. Throws what the binding throws, or an
   * `EventStoreError`.
   */
  open(path: string | undefined, readOnly?: boolean): SqliteDriver;
  /** SQLite's result code, where an error is one of SQLite's; asked before there is a connection. */
  codeOf(error: unknown): string | undefined;
  /** What brings a newer SQLite, such as "install a newer better-sqlite3". */
  readonly upgrade: string;
  /** Starts a thread that runs the engine's `worker.js`. In the engine's own folder, so that bundlers see the literal path. */
  startWorker(): Worker;
  /** Where the engine's `process.js` is. Throws in a bundle as CommonJS, where a module does not know its place. */
  processFile(): URL;
}
