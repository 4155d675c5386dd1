import type { WasmSource } from "../shared/messages.ts";

/** Where a page's workers come from: from the application at first, then from what was kept of one that worked. */
export interface WorkerFiles {
  /** What SQLite is to be loaded from: as a worker has compiled it, else what the application gives, if anything. */
  readonly wasm: WasmSource | undefined;
  /** Makes a worker, and tells beforehand what the application made it from. */
  make(note: (address: string) => void): Worker;
  /** Whether a worker was made from the copy that is kept, so that one made as the application says may still load. */
  isCopy(worker: Worker): boolean;
  /** A worker runs: its script and its SQLite are kept, so that the next one needs no network. */
  keep(compiled: WebAssembly.Module): void;
  /** A worker could not be loaded: the next one is made as the application says. */
  discard(): void;
}

/**
 * Keeps files in memory, for as long as the page lives, be it put away meanwhile. A script is kept only where it is rivulet's
 * own (`own`): made from a copy, a worker has no address that others could be relative to.
 */
export function createWorkerFiles(makeNew: () => Worker, own: boolean, wasm?: WasmSource): WorkerFiles {
  let source: ConstructorParameters<typeof Worker> | undefined;
  let compiled: WebAssembly.Module | undefined;
  let script: Blob | undefined;
  let url: string | undefined;
  // A policy may forbid it, or the script may consist of several files: then it is not tried again and again.
  let trusted = own;

  const copies = new WeakSet<Worker>();

  /** Undefined where a policy forbids it at once. */
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
 * Vite up to 7 bundles dependencies ahead for its development server, and looks for the worker beside the bundle, where it is not:
 * https://github.com/vitejs/vite/issues/10838. The package itself is served under its own path.
 */
const BUNDLED_AHEAD = "/.vite/deps/worker.js";
const IN_PACKAGE = "/rivulet/dist/adapters/sqlite-wasm/worker.js";

/**
 * A worker does not tell what it was made from, a bundler may have moved that anywhere, and a failure does not name it. So
 * the address is heard at the one place that it passes, for as long as it takes to call `make`.
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
  // Where the page has made it unchangeable, the address stays unknown.
  Reflect.set(globalThis, "Worker", noting);
  try {
    return make();
  } finally {
    Reflect.set(globalThis, "Worker", original);
  }
}
