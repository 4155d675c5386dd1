import type { Adapter } from "rivulet";
import { sqliteWasm, type SqliteWasmOptions, type SqliteWasmVerbs } from "rivulet/sqlite-wasm";

const names = new WeakMap<Adapter, string>();

/** The name of the database that an adapter opens; undefined if it is in memory. */
export function nameOf(adapter: Adapter): string | undefined {
  return names.get(adapter);
}

/** The database of an example, apart from those of the counters. */
export function databaseOf(name: string): string {
  return `docs/${name}`;
}

/** SQLite in this browser, under a name that only the examples have. */
export function openNamed(name: string | undefined, options: SqliteWasmOptions): Adapter<SqliteWasmVerbs> {
  if (name === undefined) return sqliteWasm(options);
  const adapter = sqliteWasm({ fallback: "memory", ...options, name: databaseOf(name) });
  names.set(adapter, name);
  return adapter;
}
