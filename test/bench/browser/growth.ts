import { fill, timeWork, WORKS, type Files, type Filling, type Measured, type Work } from "../size-work.ts";
import { openStore, type TabStore } from "./setting.ts";
import { sizesOf } from "./stored-files.ts";

/** What a page does with a store, and nothing else, so that the memory of its process is that of this. */
export interface Task {
  /** The name of the store. */
  readonly store: string;
  /** The name of a work, or how many events the store is filled with. */
  readonly work: string | number;
}

export interface FilledInBrowser extends Filling, Files {}

/** What opens the store itself. */
const OPENING = "opening and asking for the head";

/** What only stores in browsers can do. Resolves with the milliseconds that it took. */
const COPIES: Readonly<Record<string, (store: TabStore) => Promise<number>>> = {
  "an export as a database file": (store) => milliseconds(() => store.exportDatabase()),
  // The last of all, for the store has to be opened again.
  "an import of a database file, which is verified": async (store) => {
    const bytes = await store.exportDatabase();
    return milliseconds(() => store.importDatabase(bytes));
  },
};

/** What is done with a store that is filled, in this order. */
export const GROWING: Readonly<Record<string, Pick<Work, "unit">>> = {
  [OPENING]: { unit: "ms" },
  ...WORKS,
  ...Object.fromEntries(Object.keys(COPIES).map((name) => [name, { unit: "µs an event" }])),
};

/** What a page does once. Everything else is done many times, or for many events. */
export const ONCE_A_VISIT: ReadonlySet<string> = new Set([OPENING, "the first append after opening"]);

/** Does it. What it resolves with lacks the memory, which a page cannot know. */
export async function runTask({ store: name, work }: Task): Promise<Omit<Measured, "peak"> | FilledInBrowser> {
  const before = performance.now();
  const store = await openStore(name);
  if (work === OPENING) await store.head();
  const opened = performance.now() - before;
  try {
    if (typeof work === "number") return await fillStore(store, name, work);
    const copy = COPIES[work];
    if (copy !== undefined) {
      const events = await store.head();
      return { each: ((await copy(store)) * 1_000) / events };
    }
    return { each: work === OPENING ? opened : await timeWork(WORKS[work] as Work, store) };
  } finally {
    await store.close();
  }
}

async function fillStore(store: TabStore, name: string, events: number): Promise<FilledInBrowser> {
  const looks: Promise<readonly [size: number, log: number]>[] = [];
  const look = (): void => {
    const sizes = sizesOf(name);
    // It is reported below, after the filling.
    sizes.catch(() => undefined);
    looks.push(sizes);
  };
  const filling = await fill(store, events, (done) => {
    if (done % 20_000 === 0) look();
  });
  look();
  const sizes = await Promise.all(looks);
  return {
    ...filling,
    events,
    size: Math.max(...sizes.map(([size]) => size)),
    log: Math.max(...sizes.map(([, log]) => log)),
  };
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
