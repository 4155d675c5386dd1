/** Opens the store with the name that it receives. */
import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";

interface Scope {
  postMessage(message: "open"): void;
  addEventListener(type: "message", listener: (event: MessageEvent<string>) => void): void;
}

const scope = globalThis as unknown as Scope;

scope.addEventListener("message", ({ data: name }) => {
  void openEventStore(sqliteWasm({ name })).then(() => scope.postMessage("open"));
});
