/** A `URL`, by its shape: an application without the types of Node or the DOM has no such name. */
export interface FileUrl {
  readonly protocol: string;
  readonly href: string;
}

/** A `Worker` of `node:worker_threads`, by its shape: an application without the types of Node has no use for it. */
export interface WorkerThread {
  readonly threadId: number;
  postMessage(message: unknown): void;
  terminate(): Promise<number>;
}

/** What every SQLite of Node can be told. */
export interface SqliteFileOptions {
  /**
   * The database file, by its name or a `file:` URL; made when it is not there, its folder must be. Default: a database in
   * memory, private to this store.
   */
  readonly path?: string | FileUrl;
  /**
   * "full", the default: what was acknowledged survives a power cut. "normal": a power cut may take the last commits,
   * never consistency; a killed process loses nothing either way.
   */
  readonly durability?: "full" | "normal" | undefined;
  /** How long an append waits while other processes write, in milliseconds, before `storage-busy`; default 10,000. */
  readonly busyTimeout?: number | undefined;
  /**
   * Whether SQLite works in a worker thread, so that neither its waits for the disk nor long reads hold up this one; default
   * false: less to pass around, and less delay for a single call. A function makes that thread, where a bundler has moved things:
   * from a copy of the file that the adapter's path `/worker` names, such as `rivulet/better-sqlite3/worker`.
   */
  readonly worker?: boolean | (() => WorkerThread) | undefined;
}
