/** Where rivulet is tested, by the names of the table in docs/tested.md. */
interface MatrixRow {
  readonly runtime: string;
  /** Without its version. */
  readonly engine: string;
  /** Why conformance cases or crash tests are left out; empty if none is. */
  readonly leftOut: string;
}

export const MATRIX = {
  "better-sqlite3": { runtime: "Node", engine: "better-sqlite3", leftOut: "" },
  "better-sqlite3 in Node 24": { runtime: "Node", engine: "better-sqlite3", leftOut: "" },
  "node-sqlite": { runtime: "Node", engine: "node:sqlite", leftOut: "" },
  "node-sqlite in Node 22": { runtime: "Node", engine: "node:sqlite", leftOut: "" },
  "node-sqlite in Bun": { runtime: "Bun", engine: "node:sqlite", leftOut: "" },
  "node-sqlite in Deno": { runtime: "Deno", engine: "node:sqlite", leftOut: "" },
  workerd: {
    runtime: "workerd",
    engine: "Durable Object",
    leftOut: "nothing can interrupt a statement there, so `timeout` is not tested",
  },
  Chromium: { runtime: "Chromium", engine: "sqlite-wasm", leftOut: "" },
  Firefox: { runtime: "Firefox", engine: "sqlite-wasm", leftOut: "" },
  WebKit: {
    runtime: "WebKit",
    engine: "sqlite-wasm",
    leftOut: "Debian's WebKitGTK has no private files that a worker can write to: events are in memory",
  },
} as const satisfies Readonly<Record<string, MatrixRow>>;

export type MatrixName = keyof typeof MATRIX;

/** What a test says about a row. */
export interface MatrixMark {
  readonly row: MatrixName;
  readonly kind: "conformance" | "queries" | "crashes";
  /** What a test of queries has found out. */
  readonly versions?: Versions;
  readonly queries?: number;
}

export interface Versions {
  /** Without the runtime's name. */
  readonly runtime: string;
  readonly engine?: string;
  readonly sqlite: string;
}
