/** Stands for `rivulet/better-sqlite3`: a page has SQLite in the browser in its place, with the path as the name. */
import type { Adapter } from "rivulet";
import type { SqliteWasmVerbs } from "rivulet/sqlite-wasm";
import { openNamed } from "../playground/names.ts";

/** The options that mean something in a page. */
interface FileOptions {
  readonly path?: string;
  readonly durability?: "full" | "normal";
}

export function betterSqlite3({ path, durability }: FileOptions = {}): Adapter<SqliteWasmVerbs> {
  return openNamed(path, { durability });
}
