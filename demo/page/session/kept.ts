/** A few words that outlive a reload. */
export type Kept = Pick<Storage, "getItem" | "setItem">;

/**
 * The browser's own storage of words, or, where its settings forbid that, one that lasts as long as the page: nothing that
 * the page cannot do without is kept there.
 */
export function openKept(open: () => Storage): Kept {
  try {
    const storage = open();
    storage.getItem("theme");
    return storage;
  } catch {
    const words = new Map<string, string>();
    return { getItem: (key) => words.get(key) ?? null, setItem: (key, word) => void words.set(key, word) };
  }
}
