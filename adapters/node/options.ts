/** The shape of a `URL`, for applications without the types of Node or the DOM. */
export interface FileUrl {
  readonly protocol: string;
  readonly href: string;
}

/** The shape of a `Worker` of `node:worker_threads`, for applications without the types of Node. */
export interface WorkerThread {
  readonly threadId: number;
  postMessage(message: unknown): void;
  terminate(): Promise<number>;
}

/** The options of every SQLite in Node. */
export interface SqliteFileOptions {
  /**
   * The database file, as a file name or a `file:` URL. The file is created if it does not exist; its folder has to
   * exist. Default: a database in memory, private to this store.
   */
  readonly path?: string | FileUrl;
  /**
   * "full", the default: acknowledged appends survive a power cut. "normal": a power cut may lose the last commits, but
   * never consistency. If only the process is killed, neither loses anything.
   */
  readonly durability?: "full" | "normal" | undefined;
  /**
   * How long an append waits while other processes write, in milliseconds, before it rejects with `storage-busy`;
   * default 10,000.
   */
  readonly busyTimeout?: number | undefined;
  /**
   * Top-level keys of events' metadata, such as "userId", by which filtered reads take as long as what they find instead of scanning all
   * events. The first opening with a key goes through all events once. The file keeps the key, also if it is left out later. Each event
   * with such a key takes about 15 bytes more, and appending it somewhat longer. Default: none.
   */
  readonly indexedMetadata?: readonly string[] | undefined;
  /**
   * Whether SQLite runs in a worker thread, so that neither waiting for the disk nor long reads block this thread;
   * default false, which gives a single call less delay. If a bundler has moved the files, pass a function that creates
   * the thread. Its script is a copy of `rivulet/better-sqlite3/worker` or `rivulet/node-sqlite/worker`, depending on
   * the engine.
   */
  readonly worker?: boolean | (() => WorkerThread) | undefined;
}
