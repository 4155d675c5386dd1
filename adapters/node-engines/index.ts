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
 * @throws when the store is opened: `storage-unavailable` if no engine works here or the file cannot be used;
 * `storage-format` if the file is not rivulet's or is newer; `storage-corrupt` if it is damaged; `invalid-argument` for an
 * invalid option. The message says what to do.
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
