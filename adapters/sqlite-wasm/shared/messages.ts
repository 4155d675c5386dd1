import type { Failure } from "../../../src/adapter.ts";

/** A message to a worker. */
export type ToWorker =
  /** The first message. The tab's calls arrive on the port once the worker has the database open. */
  | { readonly start: WorkerStart }
  /** Release everything. */
  | { readonly close: true };

/** What a worker opens a database with. */
export interface DatabaseOptions {
  readonly durability: "full" | "normal";
  /** Keys of metadata by which reads are fast. Not checked yet. */
  readonly indexedMetadata?: readonly string[] | undefined;
}

export interface WorkerStart extends DatabaseOptions {
  readonly port: MessagePort;
  /** Absent: a database in memory. */
  readonly name?: string | undefined;
  /** Replaces or removes the database, instead of serving it. */
  readonly replacement?: Replacement | undefined;
  /** Where SQLite's WebAssembly is loaded from; default: the file beside the worker. */
  readonly wasm: WasmSource | undefined;
  /** The lock that the worker holds for as long as it lives. */
  readonly life: string;
}

/** SQLite's WebAssembly: its full address, its bytes, or a compiled module, for which nothing has to be fetched. */
export type WasmSource = string | BufferSource | WebAssembly.Module;

/** A database as the bytes of its file, or no database. */
export type Replacement = { readonly bytes: Uint8Array } | "nothing";

/** A message from a worker to its tab. */
export type FromWorker =
  /** Its script runs. */
  | { readonly loaded: true }
  /** The worker holds its lock. */
  | { readonly alive: true }
  /** SQLite's compiled module, for the page's next worker. */
  | { readonly compiled: WebAssembly.Module }
  /** The replacement is valid: every tab has to release the database now. */
  | { readonly checked: true }
  /** The worker has the database of this identity open and answers on the port, or it has replaced the database. */
  | { readonly leading: string }
  /** The worker cannot work, and has released everything. */
  | { readonly failure: Failure }
  /** The worker has released everything, as requested. */
  | { readonly closed: true };
