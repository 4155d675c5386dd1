// The documented React example that opens its store, word for word; another test compares the two.
import { Suspense } from "react";
import { createRoot } from "react-dom/client";
import { openEventStore, type Event } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { createStoreContext, useCommand, useSuspenseProjection } from "rivulet/react";
import { sqliteWasm } from "rivulet/sqlite-wasm";

type CounterEvent = Event<"incremented", { by: number }>;

const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + data.by },
});

const { StoreProvider, useSuspenseStore } = createStoreContext(() =>
  openEventStore(sqliteWasm({ name: "app" })),
);

function Counter() {
  const store = useSuspenseStore();
  const { state } = useSuspenseProjection(store, total, { stream: "counter-1" });
  const { run, pending, error } = useCommand((by: number) =>
    store
      .stream<CounterEvent>("counter-1")
      .append({ type: "incremented", data: { by } }),
  );
  return (
    <>
      <button disabled={pending} onClick={() => void run(1)}>
        {state}
      </button>
      {error !== undefined && <p role="alert">That did not work.</p>}
    </>
  );
}

function App() {
  return (
    <StoreProvider>
      <Suspense fallback={<p>Loading…</p>}>
        <Counter />
      </Suspense>
    </StoreProvider>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(<App />);
