import type { Failure } from "../../../src/adapter.ts";

/** What a worker is told. */
export type ToWorker =
  /** Once, at first. The port is where its own tab asks, from when it has the database open. */
  | { readonly start: WorkerStart }
  /** Let go of everything. */
  | { readonly close: true };

export interface WorkerStart {
  readonly port: MessagePort;
  readonly durability: "full" | "normal";
  /** Absent: a database in memory. */
  readonly name?: string | undefined;
  /** To put another database in the place of this one, or none, instead of serving it. */
  readonly replacement?: Replacement | undefined;
  /** What SQLite is loaded from; default: the file beside the worker. */
  readonly wasm: WasmSource | undefined;
  /** The lock that the worker is to hold for as long as it lives. */
  readonly life: string;
}

/** SQLite's WebAssembly: its full address, its bytes, or compiled, when nothing has to be fetched. */
export type WasmSource = string | BufferSource | WebAssembly.Module;

/** A database as the bytes of its file, or nothing at all. */
export type Replacement = { readonly bytes: Uint8Array } | "nothing";

/** What a worker tells its tab. */
export type FromWorker =
  /** Its script runs. */
  | { readonly loaded: true }
  /** It holds its lock. */
  | { readonly alive: true }
  /** SQLite, compiled: for the page's next worker. */
  | { readonly compiled: WebAssembly.Module }
  /** What is to replace the database is good: everybody has to let go of it now. */
  | { readonly checked: true }
  /** It has the database of this identity open, and answers on the port; or it has replaced it. */
  | { readonly leading: string }
  /** It cannot work, and has let go of everything. */
  | { readonly failure: Failure }
  /** It has let go of everything, as it was told. */
  | { readonly closed: true };
