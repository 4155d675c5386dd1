import type { Adapter } from "../../src/adapter.ts";
import { nodeAdapter } from "../node/adapter.ts";
import type { SqliteFileOptions } from "../node/options.ts";
import { findEngine } from "./find-engine.ts";

export type { FileUrl, WorkerThread } from "../node/options.ts";

/** Options of {@link sqlite}. */
export interface SqliteOptions extends SqliteFileOptions {}

/**
 * Keeps events in a SQLite file, through the engine that works: better-sqlite3 if it is installed, else `node:sqlite` of Node 24.15
 * or newer, Bun or Deno. `info().adapter` tells which. Files and guarantees are the same; processes with different engines may share
 * a file.
 *
 * @throws `storage-unavailable` when the store is opened: no engine works here (the message says why), or the file cannot be used. `storage-format`
 * and `storage-corrupt`: the file is not rivulet's, is newer, or is damaged. `invalid-argument`: an option is invalid.
 * @example
 * ```ts
 * import { openEventStore } from "rivulet";
 * import { sqlite } from "rivulet/node";
 *
 * const events = await openEventStore(sqlite({ path: "app.db" }));
 * await events.stream("visits").append({ type: "visited" });
 * ```
 */
export function sqlite(options: SqliteOptions = {}): Adapter {
  return nodeAdapter(findEngine, "node", options);
}
