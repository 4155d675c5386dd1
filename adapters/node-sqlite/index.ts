import type { Adapter } from "../../src/adapter.ts";
import { nodeAdapter } from "../node/adapter.ts";
import type { SqliteFileOptions } from "../node/options.ts";
import { engine } from "./engine.ts";

export type { FileUrl, WorkerThread } from "../node/options.ts";

/** What can be told to {@link nodeSqlite}. */
export interface NodeSqliteOptions extends SqliteFileOptions {}

/**
 * Keeps events in a SQLite file through `node:sqlite`, which is part of Node: nothing has to be installed or compiled. Several
 * processes may share the file, also with better-sqlite3. Opening rejects with `storage-unavailable` where this Node has no
 * `node:sqlite`, or one that is too old, and says what to use.
 */
export function nodeSqlite(options: NodeSqliteOptions = {}): Adapter {
  return nodeAdapter(engine, options);
}
