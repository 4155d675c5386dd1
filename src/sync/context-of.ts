import type { EventStore } from "../store/event-store.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Returns the parts of an open store. The store gives them to whatever definition it is called with. @throws `store-closed`. */
export function contextOf(store: Pick<EventStore, "consume">): StoreContext {
  const definition = { _rivulet: { start: (context: StoreContext) => context } };
  const context = (store.consume as unknown as (given: typeof definition) => StoreContext)(definition);
  context.ensureOpen();
  return context;
}
