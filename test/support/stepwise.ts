import type { Tabs } from "./tabs.ts";

/**
 * Every change of a file first asks the site, which lets it happen, or never answers: there the worker stands until it is
 * killed. A worker may be made from a copy of its script, to which no address is relative. A folder is removed file by file, as
 * browsers do: the log before its database, which is the worst order.
 */
const stepwise = (origin: string): string => `{
  const step = () => {
    // Each request has its own address: a browser's cache would let one wait for another that is not answered.
    const request = new XMLHttpRequest();
    request.open("GET", "${origin}/step?" + crypto.randomUUID(), false);
    request.send();
  };
  for (const name of ["write", "flush", "truncate"]) {
    const { prototype } = FileSystemSyncAccessHandle;
    const original = prototype[name];
    prototype[name] = function (...args) {
      step();
      return original.apply(this, args);
    };
  }
  const { prototype } = FileSystemDirectoryHandle;
  const { removeEntry } = prototype;
  const nameInPool = async (file) => (await (await file.getFile()).slice(0, 512).text()).replace(/\\0.*/s, "");
  prototype.removeEntry = async function (name, options) {
    const entries = [];
    const folder = options?.recursive && (await this.getDirectoryHandle(name));
    if (folder) for await (const entry of folder.values()) entries.push(entry);
    const names = new Map();
    for (const entry of entries) if (entry.kind === "file") names.set(entry, await nameInPool(entry));
    entries.sort((one, other) => (names.get(one) < names.get(other) ? 1 : -1));
    for (const { name, kind } of entries) await folder.removeEntry(name, { recursive: kind === "directory" });
    step();
    return removeEntry.call(this, name);
  };
}`;

/** Counts the file operations of workers, and stops them before a given one. */
export interface Stepwise {
  /** The steps since `goOn` or `stopAt`. */
  readonly steps: number;
  /** Counts every step from now on, and stops no worker. */
  goOn(): void;
  /** Counts every step from now on, and stops the worker before this one. Resolves when it is reached. */
  stopAt(step: number): Promise<void>;
}

/** Makes tabs of this test load a worker that runs step by step. */
export function goStepwise(tabs: Tabs): Stepwise {
  const address = tabs.site.asset("worker");
  let steps = 0;
  let last = Infinity;
  let reached = (): void => undefined;
  tabs.site.answer = (path) => {
    if (path === "/step") {
      if (++steps < last) return { body: "" };
      reached();
      return new Promise(() => undefined);
    }
    if (!address.endsWith(path)) return undefined;
    const file = tabs.site.file(path);
    return { ...file, body: `${stepwise(tabs.site.origin)}\n${String(file.body)}` };
  };
  const startAt = (step: number): void => {
    steps = 0;
    last = step;
  };
  return {
    get steps() {
      return steps;
    },
    goOn: () => startAt(Infinity),
    stopAt(step) {
      startAt(step);
      return new Promise((resolve) => (reached = resolve));
    },
  };
}
