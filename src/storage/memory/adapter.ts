import type { Adapter } from "../adapter.ts";
import { createMemoryStorage } from "./storage.ts";

/**
 * Keeps events in memory, private to one store, until it is closed: for tests and experiments. It has no SQL, and so no read models.
 * Every other storage is tested against this simple one.
 *
 * @example
 * ```ts
 * await using store = await openEventStore(memory());
 * await store.stream("account-1").append({ type: "deposited", data: { amount: 100 } });
 * console.log(await store.head()); // → 1
 * ```
 */
export function memory(): Adapter {
  return {
    name: "memory",
    open: () => Promise.resolve({ storage: createMemoryStorage(), verbs: {} }),
  };
}
