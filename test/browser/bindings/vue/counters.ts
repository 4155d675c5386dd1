/** What the documented component imports. */
import { openEventStore, type Event, type EventStore } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { shallowRef } from "vue";

export type CounterEvent = Event<"incremented", { by: number }>;

export const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + data.by },
});

export const store = shallowRef<EventStore>();

void openEventStore(sqliteWasm()).then((opened) => (store.value = opened));
