// The file beside the components of docs/vue-svelte-solid.md, word for word; another test compares them.
import { openEventStore, type Event } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { sqliteWasm } from "rivulet/sqlite-wasm";

export type CounterEvent = Event<"incremented", { by: number }>;

export const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + data.by },
});

export const store = await openEventStore(sqliteWasm({ name: "app" }));
