// main.ts of docs/offline-list.md, word for word; another test compares the two.
import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { follow } from "rivulet/sync";
import { items, list, type ListEvent } from "./list.ts";

const store = await openEventStore(sqliteWasm({ name: "list" }));
const replica = await follow(store, { url: "http://localhost:8787", streams: ["list-1"], deciders: { list } });
const shopping = replica.stream<ListEvent>("list-1");
const shown = shopping.project(items);

document.body.innerHTML = "<input><ul></ul><p></p>";
const [input, ul, p] = document.body.children as unknown as [HTMLInputElement, HTMLElement, HTMLElement];

function render(): void {
  ul.replaceChildren(...shown.state.map(line));
  p.textContent = `${replica.status.connection}, ${shown.pending} to be confirmed, ${replica.status.rejected} refused`;
}
function line(item: string): HTMLElement {
  const li = Object.assign(document.createElement("li"), { textContent: item });
  li.addEventListener("click", () => void shopping.execute("list", { do: "buy", item }));
  return li;
}
input.addEventListener("change", () => void shopping.execute("list", { do: "add", item: input.value }));
shown.subscribe(render);
replica.subscribe(render);
