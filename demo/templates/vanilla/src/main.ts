import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { total, type CounterEvent } from "./counter.ts";

const button = document.querySelector("button") as HTMLButtonElement;
const list = document.querySelector("ol") as HTMLOListElement;

// SQLite in this browser. All tabs share it, and it is still there after a reload.
const store = await openEventStore(sqliteWasm({ name: "app" }));
const counter = store.stream<CounterEvent>("counter-1");

button.addEventListener("click", () => void counter.append({ type: "incremented", data: { by: 1 } }));

// The state, now and after every event, from whatever tab.
store.project(total, { stream: "counter-1" }).subscribe(({ state }) => {
  button.textContent = String(state);
  button.disabled = false;
});

// The events themselves: first the history, then each new one.
for await (const { version, type, timestamp } of counter.watch()) {
  const item = document.createElement("li");
  item.textContent = `${version}: ${type} at ${new Date(timestamp).toLocaleTimeString()}`;
  list.prepend(item);
}
