import type { Worker } from "node:worker_threads";
import type { SqliteDriver } from "../../src/adapter.ts";

/**
 * How long SQLite itself waits for another process's lock, in milliseconds. It blocks the thread, so the time is short;
 * after it the storage retries without blocking.
 */
export const BLOCKING_TIMEOUT = 100;

/** A synchronous SQLite in Node. Everything outside of this interface is shared by all engines. */
export interface Engine {
  /** The adapter's name in `info()`. */
  readonly name: string;
  /**
   * Opens a connection. Without a path it is a database in memory. `readOnly`: the file has to exist.
   *
   * @throws the errors of the binding, or an `EventStoreError`.
   */
  open(path: string | undefined, readOnly?: boolean): SqliteDriver;
  /** Returns SQLite's result code if the error is one of SQLite. Also called while there is no connection. */
  codeOf(error: unknown): string | undefined;
  /** How to get a newer SQLite, such as "install a newer better-sqlite3". */
  readonly upgrade: string;
  /**
   * Starts a thread that runs the engine's `worker.js`. It is in the engine's own folder, so that bundlers find the
   * literal path. `execArgv` is empty: the flags of this process, such as --input-type, may not be valid for a worker.
   */
  startWorker(): Worker;
  /** The same with the engine's `log-checkpoints.js`. @throws in a CommonJS bundle, where a module does not know its location. */
  startCheckpoints(): Worker;
  /** The location of the engine's `process.js`. @throws in a CommonJS bundle, where a module does not know its location. */
  processFile(): URL;
}
