// The file beside the components of docs/vue-svelte-solid.md, word for word; another test compares them.
import { openEventStore, type Event, type EventStore } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { sqliteWasm } from "rivulet/sqlite-wasm";

export type CounterEvent = Event<"incremented", { by: number }>;

export const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + data.by },
});

let opening: Promise<EventStore> | undefined;

/** Opens the store once. */
export const openStore = (): Promise<EventStore> =>
  (opening ??= openEventStore(sqliteWasm({ name: "app" })));
