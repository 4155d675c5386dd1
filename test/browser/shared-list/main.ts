// main.ts of docs/offline-list.md, word for word; another test compares the two.
import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { follow } from "rivulet/sync";
import { items, list, type ListEvent } from "./list.ts";

const store = await openEventStore(sqliteWasm({ name: "list" }));
const url = "http://localhost:8787";
const replica = await follow(store, { url, streams: ["list-1"], deciders: { list } });
const shopping = replica.stream<ListEvent>("list-1");
const shown = shopping.project(items);

const input = document.body.appendChild(document.createElement("input"));
const ul = document.body.appendChild(document.createElement("ul"));
const p = document.body.appendChild(document.createElement("p"));

function render(): void {
  ul.replaceChildren(...shown.state.map(line));
  const { connection, rejected } = replica.status;
  p.textContent = `${connection}, ${shown.pending} to be confirmed, ${rejected} refused`;
}
const run = (what: "add" | "buy", item: string) => void shopping.execute("list", { do: what, item });
const line = (item: string) =>
  Object.assign(document.createElement("li"), { textContent: item, onclick: () => run("buy", item) });
input.addEventListener("change", () => run("add", input.value));
shown.subscribe(render);
replica.subscribe(render);
