import { fill, timeWork, WORKS, type Filling, type Measured, type Work } from "../size-work.ts";
import { openStore } from "./setting.ts";

/** What a page does with a store, and nothing else, so that the memory of its process is that of this. */
export interface Task {
  /** The name of the store. */
  readonly store: string;
  /** The name of a work, or how many events the store is filled with. */
  readonly work: string | number;
}

/** What opens the store itself. */
const OPENING = "opening and asking for the head";

/** What is done with a store that is filled, in this order. */
export const GROWING: Readonly<Record<string, Pick<Work, "unit">>> = { [OPENING]: { unit: "ms" }, ...WORKS };

/** Does it. What it resolves with lacks the memory, which a page cannot know. */
export async function runTask({ store: name, work }: Task): Promise<Omit<Measured, "peak"> | Filling> {
  const before = performance.now();
  const store = await openStore(name);
  if (work === OPENING) await store.head();
  const opened = performance.now() - before;
  try {
    if (typeof work === "number") return await fill(store, work);
    return { each: work === OPENING ? opened : await timeWork(WORKS[work] as Work, store) };
  } finally {
    await store.close();
  }
}
