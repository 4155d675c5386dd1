import { EventStoreError } from "../../src/adapter.ts";

/** The part of `node:sqlite` that is used, declared here because the types of older Node versions lack it. */
export interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: DatabaseOptions) => Database;
}

interface DatabaseOptions {
  readonly timeout: number;
  readonly readOnly: boolean;
  readonly defensive: boolean;
}

export interface Database {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  prepare(sql: string): Statement;
  function(name: string, options: FunctionOptions, call: (...values: unknown[]) => unknown): void;
  close(): void;
}

interface FunctionOptions {
  readonly deterministic: boolean;
  readonly useBigIntArguments: boolean;
}

export interface Statement {
  /** The text of this statement, without what follows it. */
  readonly sourceSQL: string;
  run(...values: readonly unknown[]): unknown;
  get(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): unknown[];
  columns(): readonly { readonly name: string }[];
  setReturnArrays(arrays: boolean): void;
  setReadBigInts(bigints: boolean): void;
}

/**
 * Loads `node:sqlite` when the first store is opened, so that importing this package works without it. Throws
 * `storage-unavailable`.
 */
export function loadNodeSqlite(): NodeSqlite {
  // Available from Node 20.16 on. Unlike an import, bundlers do not try to resolve it.
  const found = process.getBuiltinModule?.("node:sqlite") as NodeSqlite | undefined;
  if (found === undefined) throw unusable("no-node-sqlite", "has no node:sqlite");
  return found;
}

/** Throws `storage-unavailable` if this `node:sqlite` lacks a needed function. */
export function refuseIncomplete(database: Database): void {
  const statement = database.prepare("SELECT 1");
  if (typeof database.isTransaction !== "boolean" || typeof statement.setReturnArrays !== "function") {
    throw unusable("node-sqlite-version", "has a node:sqlite that lacks isTransaction or setReturnArrays");
  }
}

function unusable(reason: string, what: string): EventStoreError {
  const { deno, bun, node } = process.versions;
  const runtime = deno !== undefined ? `Deno ${deno}` : bun !== undefined ? `Bun ${bun}` : `Node ${node}`;
  const message = `${runtime} ${what}: use Node 24.15 or newer, or rivulet/better-sqlite3`;
  return new EventStoreError("storage-unavailable", message, { reason });
}
