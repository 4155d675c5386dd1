import type { WasmSource } from "../shared/messages.ts";

/** The source of a page's workers: the application at first, then a copy of the files of a worker that ran. */
export interface WorkerFiles {
  /** What SQLite is loaded from: the module that a worker has compiled, else the application's option, if given. */
  readonly wasm: WasmSource | undefined;
  /** Creates a worker. Before that, `note` is called with the address that the application creates it from. */
  make(note: (address: string) => void): Worker;
  /** Whether a worker was created from the kept copy. If it was, one created by the application may still load. */
  isCopy(worker: Worker): boolean;
  /** Called when a worker runs: its script and its SQLite are kept, so that the next worker needs no network. */
  keep(compiled: WebAssembly.Module): void;
  /** Called when a worker could not be loaded: the application creates the next one. */
  discard(): void;
}

/**
 * Keeps the files in memory for as long as the page lives, even while it is frozen. A script is kept only if it is
 * rivulet's own (`own`), because a worker created from a copy has no address that other files could be relative to.
 */
export function createWorkerFiles(makeNew: () => Worker, own: boolean, wasm?: WasmSource): WorkerFiles {
  let source: ConstructorParameters<typeof Worker> | undefined;
  let compiled: WebAssembly.Module | undefined;
  let script: Blob | undefined;
  let url: string | undefined;
  // A policy may forbid the copy, or the script may consist of several files: then the copy is not tried again.
  let trusted = own;

  const copies = new WeakSet<Worker>();

  /** Returns undefined if a policy forbids the copy at once. */
  function fromCopy(copy: Blob): Worker | undefined {
    url = URL.createObjectURL(copy);
    try {
      const worker = new Worker(url, source?.[1]);
      copies.add(worker);
      return worker;
    } catch {
      discard();
      return undefined;
    }
  }

  async function fetchScript(): Promise<void> {
    if (source === undefined || script !== undefined || !trusted) return;
    const response = await fetch(source[0], { cache: "force-cache" });
    if (response.ok) script = await response.blob();
  }

  function discard(): void {
    if (script !== undefined) trusted = false;
    script = compiled = undefined;
    revoke();
  }

  function revoke(): void {
    if (url !== undefined) URL.revokeObjectURL(url);
    url = undefined;
  }

  return {
    get wasm() {
      return compiled ?? wasm;
    },
    make(note) {
      if (source !== undefined) note(String(source[0]));
      const copy = script && fromCopy(script);
      if (copy !== undefined) return copy;
      return noteSource(makeNew, (...args) => {
        source = args;
        note(String(args[0]));
      });
    },
    keep(found) {
      compiled = found;
      revoke();
      // Without a copy the next worker is loaded as this one was.
      fetchScript().catch(() => undefined);
    },
    isCopy: (worker) => copies.has(worker),
    discard,
  };
}

/**
 * Vite up to 7 bundles dependencies in advance for its development server, and looks for the worker beside that bundle,
 * where it does not exist: https://github.com/vitejs/vite/issues/10838. The package itself is served at its own path.
 */
const BUNDLED_AHEAD = "/.vite/deps/worker.js";
const IN_PACKAGE = "/rivulet/dist/adapters/sqlite-wasm/worker.js";

/**
 * Calls `make`, and calls `note` with the arguments of the worker that it creates. A worker does not tell its address,
 * a bundler may have changed it, and a failure does not name it. So the global constructor is replaced while `make`
 * runs.
 */
function noteSource(make: () => Worker, note: (...args: ConstructorParameters<typeof Worker>) => void): Worker {
  const { Worker: original } = globalThis;
  const noting = new Proxy(original, {
    construct(target, [address, options]: ConstructorParameters<typeof Worker>) {
      const found = String(address).replace(BUNDLED_AHEAD, IN_PACKAGE);
      note(found, options);
      return new target(found, options);
    },
  });
  // If the page has made the global unchangeable, the address stays unknown.
  Reflect.set(globalThis, "Worker", noting);
  try {
    return make();
  } finally {
    Reflect.set(globalThis, "Worker", original);
  }
}
