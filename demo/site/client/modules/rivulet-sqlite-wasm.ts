/** `rivulet/sqlite-wasm` for the examples of a page, whose databases are apart from those of the counters. */
import type { Adapter } from "rivulet";
import type { SqliteWasmOptions, SqliteWasmVerbs } from "rivulet/sqlite-wasm";
import { openNamed } from "../playground/names.ts";

export * from "rivulet/sqlite-wasm";

export function sqliteWasm({ name, ...options }: SqliteWasmOptions = {}): Adapter<SqliteWasmVerbs> {
  return openNamed(name, options);
}
