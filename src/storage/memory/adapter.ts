import type { Adapter } from "../adapter.ts";
import { createMemoryStorage } from "./storage.ts";

/**
 * A store in memory, private to whoever opens it and gone with it: for tests, and for trying things out. It is
 * the reference that every other storage is compared with: short, and not built for speed.
 */
export function memory(): Adapter {
  return {
    name: "memory",
    open: () => Promise.resolve({ storage: createMemoryStorage(), verbs: {} }),
  };
}
