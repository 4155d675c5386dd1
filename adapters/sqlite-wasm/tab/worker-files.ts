/** Where a page's workers come from: from the application at first, then from what was kept of one that worked. */
export interface WorkerFiles {
  /** SQLite, as a worker has compiled it. */
  readonly compiled: WebAssembly.Module | undefined;
  /** Makes a worker, and tells beforehand what the application made it from. */
  make(note: (address: string) => void): Worker;
  /** A worker runs: its script and its SQLite are kept, so that the next one needs no network. */
  keep(compiled: WebAssembly.Module): void;
  /** A worker could not be loaded: the next one is made as the application says. */
  discard(): void;
}

/**
 * Keeps files in memory, for as long as the page lives, be it put away meanwhile. A script is kept only where it is rivulet's
 * own (`own`): made from a copy, a worker has no address that others could be relative to.
 */
export function createWorkerFiles(makeNew: () => Worker, own: boolean): WorkerFiles {
  let source: ConstructorParameters<typeof Worker> | undefined;
  let compiled: WebAssembly.Module | undefined;
  let script: Blob | undefined;
  let url: string | undefined;
  // A policy may forbid it, or the script may consist of several files: then it is not tried again and again.
  let trusted = own;

  function fromCopy(copy: Blob): Worker {
    url = URL.createObjectURL(copy);
    return new Worker(url, source?.[1]);
  }

  async function fetchScript(): Promise<void> {
    if (source === undefined || script !== undefined || !trusted) return;
    const response = await fetch(source[0], { cache: "force-cache" });
    if (response.ok) script = await response.blob();
  }

  function revoke(): void {
    if (url !== undefined) URL.revokeObjectURL(url);
    url = undefined;
  }

  return {
    get compiled() {
      return compiled;
    },
    make(note) {
      if (source !== undefined) note(String(source[0]));
      if (script !== undefined) return fromCopy(script);
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
    discard() {
      if (script !== undefined) trusted = false;
      script = compiled = undefined;
      revoke();
    },
  };
}

/**
 * A worker does not tell what it was made from, a bundler may have moved that anywhere, and a failure does not name it. So
 * the address is heard at the one place that it passes, for as long as it takes to call `make`.
 */
function noteSource(make: () => Worker, note: (...args: ConstructorParameters<typeof Worker>) => void): Worker {
  const { Worker: original } = globalThis;
  const noting = new Proxy(original, {
    construct(target, args: ConstructorParameters<typeof Worker>) {
      note(...args);
      return new target(...args);
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
