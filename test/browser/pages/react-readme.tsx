// The example of docs/react.md, word for word; another test compares the two.
import { createRoot } from "react-dom/client";
import { openEventStore, type Event, type EventStore } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { useProjection } from "rivulet/react";
import { sqliteWasm } from "rivulet/sqlite-wasm";

type CounterEvent = Event<"incremented", { by: number }>;

const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + data.by },
});

function Counter({ store }: { readonly store: EventStore }) {
  const { state } = useProjection(store, total, { stream: "counter-1" });
  const increment = () =>
    store
      .stream<CounterEvent>("counter-1")
      .append({ type: "incremented", data: { by: 1 } });
  return <button onClick={() => void increment()}>{state}</button>;
}

const store = await openEventStore(sqliteWasm({ name: "app" }));
createRoot(document.getElementById("root") as HTMLElement).render(
  <Counter store={store} />,
);
