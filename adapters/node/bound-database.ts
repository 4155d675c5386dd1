import type { IntegerReader } from "./rounded.ts";

/** The part of `node:sqlite` that is used, declared here because the types of older Node versions lack it. */
export interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: object) => BoundDatabase;
}

export interface BoundDatabase {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  prepare(sql: string): BoundStatement;
  exec(sql: string): void;
  function(name: string, options: object, call: (...values: unknown[]) => unknown): void;
  close(): void;
}

export interface BoundStatement extends IntegerReader {
  /** The text of this statement, without what follows it. */
  readonly sourceSQL: string;
  run(...values: readonly unknown[]): unknown;
  columns(): readonly { readonly name: string }[];
  setReturnArrays(arrays: boolean): void;
}
