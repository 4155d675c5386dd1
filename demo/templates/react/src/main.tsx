import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { openEventStore } from "rivulet";
import { createStoreContext } from "rivulet/react";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { Counter } from "./counter-button.tsx";

// SQLite in this browser. All tabs share it, and it is still there after a reload.
const { StoreProvider, useSuspenseStore } = createStoreContext(() => openEventStore(sqliteWasm({ name: "app" })));

function App() {
  return <Counter store={useSuspenseStore()} name="counter-1" />;
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <h1>A counter</h1>
    <StoreProvider>
      <Suspense fallback={<p>Opening…</p>}>
        <App />
      </Suspense>
    </StoreProvider>
  </StrictMode>,
);
