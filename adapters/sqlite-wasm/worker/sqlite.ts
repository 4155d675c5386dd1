import initialize, { type Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import { EventStoreError, describe } from "../../../src/adapter.ts";
import { lastFetched } from "../shared/fetched.ts";
import type { WasmSource } from "../shared/messages.ts";

/**
 * How long the WebAssembly file may take to load, in milliseconds: less than a tab waits for its store to open, so that
 * the tab gets this error.
 */
const LONGEST_LOADING = 25_000;

/** A loaded SQLite, with the last error of its file system: result codes alone do not identify a full disk. */
export interface Sqlite {
  readonly sqlite3: Sqlite3Static;
  /** Returns and clears the last error of SQLite's file system. */
  takeError(): unknown;
}

/**
 * Loads SQLite, from the given source or from the file beside the worker. Calls `onCompiled` with the compiled module.
 * Rejects with `storage-unavailable`, naming the file that could not be loaded.
 */
export async function loadSqlite(
  wasm?: WasmSource,
  onCompiled: (compiled: WebAssembly.Module) => void = () => undefined,
): Promise<Sqlite> {
  let last: unknown;
  const note = (...args: unknown[]): void => {
    last = args.find((arg) => arg instanceof Error) ?? last;
  };
  // The module reads and removes this when it starts. File systems that are not used stay off.
  Object.assign(globalThis, {
    sqlite3ApiConfig: {
      error: note,
      warn: note,
      disable: { vfs: { kvvfs: true, opfs: true, "opfs-vfs": true, "opfs-wl": true } },
    },
  });
  const stopNoting = noteCompiled(onCompiled);
  try {
    return {
      sqlite3: await withinLimit(initializeFrom(wasm)),
      takeError() {
        const error = last;
        last = undefined;
        return error;
      },
    };
  } catch (error) {
    throw new EventStoreError(
      "storage-unavailable",
      `SQLite's WebAssembly file ${lastFetched(/\.wasm(\?|#|$)/) ?? "sqlite3.wasm"} could not be loaded: ${describe(error)}`,
      { reason: "wasm-not-loaded" },
      error,
    );
  } finally {
    stopNoting();
  }
}

/**
 * Settings of Emscripten's modules, which the package's types lack
 * (https://emscripten.org/docs/api_reference/module.html).
 */
type Initialize = (settings: {
  instantiateWasm?(imports: WebAssembly.Imports, done: Instantiated): Promise<void>;
  readonly wasmBinary?: BufferSource;
  locateFile?(): string;
}) => Promise<Sqlite3Static>;
type Instantiated = (instance: WebAssembly.Instance) => void;

function initializeFrom(wasm: WasmSource | undefined): Promise<Sqlite3Static> {
  const initializeWith = initialize as Initialize;
  if (wasm === undefined) return initialize();
  if (wasm instanceof WebAssembly.Module) return initializeCompiled(wasm);
  return initializeWith(typeof wasm === "string" ? { locateFile: () => wasm } : { wasmBinary: wasm });
}

function initializeCompiled(compiled: WebAssembly.Module): Promise<Sqlite3Static> {
  return new Promise((resolve, reject) => {
    async function instantiateWasm(imports: WebAssembly.Imports, done: Instantiated): Promise<void> {
      try {
        done(await WebAssembly.instantiate(compiled, imports));
      } catch (error) {
        // Emscripten is notified of success only.
        reject(error);
      }
    }
    (initialize as Initialize)({ instantiateWasm }).then(resolve, reject);
  });
}

/**
 * Calls `note` with the module that SQLite's package compiles, which the package does not expose, until the returned
 * function is called.
 */
function noteCompiled(note: (compiled: WebAssembly.Module) => void): () => void {
  const { instantiate, instantiateStreaming } = WebAssembly;
  const noting =
    <Args extends unknown[], Result>(original: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const result = await original.apply(WebAssembly, args);
      const { module } = result as { readonly module?: WebAssembly.Module };
      if (module !== undefined) note(module);
      return result;
    };
  Object.assign(WebAssembly, {
    instantiate: noting(instantiate),
    ...(instantiateStreaming !== undefined && { instantiateStreaming: noting(instantiateStreaming) }),
  });
  return () => Object.assign(WebAssembly, { instantiate, instantiateStreaming });
}

async function withinLimit<T>(loading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not load within ${LONGEST_LOADING} ms`)), LONGEST_LOADING);
  });
  try {
    return await Promise.race([loading, limit]);
  } finally {
    clearTimeout(timer);
  }
}
