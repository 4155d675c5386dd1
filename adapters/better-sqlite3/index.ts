import { EventStoreError, messageOf, type Adapter } from "../../src/adapter.ts";
import { nodeAdapter } from "../node/adapter.ts";
import type { SqliteFileOptions } from "../node/options.ts";
import type { Engine } from "../node/engine.ts";

export type { FileUrl, WorkerThread } from "../node/options.ts";

/** Options of {@link betterSqlite3}. */
export interface BetterSqlite3Options extends SqliteFileOptions {}

/**
 * Keeps events in a SQLite file through better-sqlite3. Several processes may share the file.
 *
 * @throws when the store is opened: `storage-unavailable` if better-sqlite3 is not installed or does not work here, if its
 * SQLite is older than 3.51.3, or if the file cannot be used; `storage-format` if the file is not rivulet's or is newer;
 * `storage-corrupt` if it is damaged; `invalid-argument` for an invalid option. The message says what to do.
 * @example
 * ```ts
 * import { openEventStore } from "rivulet";
 * import { betterSqlite3 } from "rivulet/better-sqlite3";
 *
 * const events = await openEventStore(betterSqlite3({ path: "app.db" }));
 * await events.stream("visits").append({ type: "visited" });
 * ```
 */
export function betterSqlite3(options: BetterSqlite3Options = {}): Adapter {
  return nodeAdapter(load, "better-sqlite3", options);
}

/** Loads better-sqlite3 when it is needed, so that importing this module works without it. Rejects with `storage-unavailable`. */
async function load(): Promise<Engine> {
  try {
    return (await import("./engine.ts")).engine;
  } catch (error) {
    const message = `better-sqlite3 cannot be loaded: npm install better-sqlite3: ${messageOf(error)}`;
    throw new EventStoreError("storage-unavailable", message, { reason: "no-better-sqlite3" }, error);
  }
}
