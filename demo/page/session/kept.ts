/** A few settings that survive a reload. */
export type Kept = Pick<Storage, "getItem" | "setItem">;

/**
 * Opens the browser's storage or, if its settings forbid that, one that lasts as long as the page. The page works
 * without these settings.
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
