import { EventStoreError } from "../../src/adapter.ts";

/** `node:sqlite`, as much of it as is used, by its shape: the types of older Nodes lack it. */
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
  exec(sql: string): void;
  close(): void;
}

export interface Statement {
  /** The text of this statement alone, without what comes after it. */
  readonly sourceSQL: string;
  run(...values: readonly unknown[]): unknown;
  get(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): unknown[];
  columns(): readonly { readonly name: string }[];
  setReturnArrays(arrays: boolean): void;
  setReadBigInts(bigints: boolean): void;
}

/** Loaded when the first store is opened: where there is none, importing this package still works. Throws `storage-unavailable`. */
export function loadNodeSqlite(): NodeSqlite {
  // Node 20.16 is the first to have it. It lets bundlers see nothing that they would look for.
  const found = process.getBuiltinModule?.("node:sqlite") as NodeSqlite | undefined;
  if (found === undefined) throw unusable("no-node-sqlite", "has no node:sqlite");
  return found;
}

/** Throws `storage-unavailable` where this `node:sqlite` lacks something, or loses something that is stored. */
export function refuseIncomplete(database: Database): void {
  const statement = database.prepare("SELECT 'a' || char(0) || 'b'");
  if (typeof database.isTransaction !== "boolean" || typeof statement.setReturnArrays !== "function") {
    throw unusable("node-sqlite-version", "has a node:sqlite that lacks isTransaction or setReturnArrays");
  }
  statement.setReturnArrays(true);
  if ((statement.get() as readonly unknown[])[0] !== "a\0b") {
    throw unusable("node-sqlite-version", "has a node:sqlite that ends texts at a NUL, and loses what comes after it");
  }
}

function unusable(reason: string, what: string): EventStoreError {
  const { deno, bun, node } = process.versions;
  const runtime = deno !== undefined ? `Deno ${deno}` : bun !== undefined ? `Bun ${bun}` : `Node ${node}`;
  const message = `${runtime} ${what}: use Node 24.16 or newer, or rivulet/better-sqlite3`;
  return new EventStoreError("storage-unavailable", message, { reason });
}
