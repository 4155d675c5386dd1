import type { Adapter } from "../../src/adapter.ts";
import { nodeAdapter } from "../node/adapter.ts";
import type { SqliteFileOptions } from "../node/options.ts";
import { engine } from "./engine.ts";

export type { FileUrl, WorkerThread } from "../node/options.ts";

/** What can be told to {@link betterSqlite3}. */
export interface BetterSqlite3Options extends SqliteFileOptions {}

/** Keeps events in a SQLite file through better-sqlite3. Several processes may share the file. */
export function betterSqlite3(options: BetterSqlite3Options = {}): Adapter {
  return nodeAdapter(engine, options);
}
