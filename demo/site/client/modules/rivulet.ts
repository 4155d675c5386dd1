/** `rivulet` for the examples of a page: what they open is shown. */
import { openEventStore as open, type Adapter, type EventStore, type OpenOptions } from "rivulet";
import { nameOf } from "../playground/names.ts";
import { currentRun, trackStore } from "../playground/tracked.ts";

export * from "rivulet";

export async function openEventStore<X>(adapter: Adapter<X>, options?: OpenOptions): Promise<EventStore & X> {
  const run = currentRun();
  const store = await open(adapter, options);
  trackStore(store, run, { name: nameOf(adapter), adapter: adapter.name });
  return store;
}
