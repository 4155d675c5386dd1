import type { Adapter } from "../../src/adapter.ts";
import { nodeAdapter } from "../node/adapter.ts";
import type { SqliteFileOptions } from "../node/options.ts";
import { engine } from "./engine.ts";

export type { FileUrl, WorkerThread } from "../node/options.ts";

/** Options of {@link nodeSqlite}. */
export interface NodeSqliteOptions extends SqliteFileOptions {}

/**
 * Keeps events in a SQLite file through `node:sqlite`, which is part of Node: nothing has to be installed or compiled. Several
 * processes may share the file, through better-sqlite3 as well. Needs Node 22.22.3, 24.15 or 25.8.1, Bun 1.4 or Deno 2.9, or newer.
 *
 * @throws when the store is opened: `storage-unavailable` if the runtime has no `node:sqlite` or one that is too old, if its
 * SQLite is older than 3.51.3, or if the file cannot be used; `storage-format` if the file is not rivulet's or is newer;
 * `storage-corrupt` if it is damaged; `invalid-argument` for an invalid option. The message says what to do.
 * @example
 * ```ts
 * import { openEventStore } from "rivulet";
 * import { nodeSqlite } from "rivulet/node-sqlite";
 *
 * const events = await openEventStore(nodeSqlite({ path: "app.db" }));
 * await events.stream("visits").append({ type: "visited" });
 * ```
 */
export function nodeSqlite(options: NodeSqliteOptions = {}): Adapter {
  return nodeAdapter(() => Promise.resolve(engine), engine.name, options);
}
