import { openEventStore } from "rivulet";
import { lastKnown } from "rivulet/projections";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { follow } from "rivulet/sync";
import { items, list, type ListCommand, type ListEvent } from "./list.ts";

const form = document.querySelector("form") as HTMLFormElement;
const input = document.querySelector("input") as HTMLInputElement;
const add = document.querySelector("button") as HTMLButtonElement;
const ul = document.querySelector("ul") as HTMLUListElement;
const status = document.querySelector("p") as HTMLParagraphElement;

// What the list was when it was last shown here: at once, and for reading only, until the store is open.
const last = lastKnown(items, { database: "list", stream: "list-1" });
ul.append(...(last.known?.state ?? []).map(toElement));

const store = await openEventStore(sqliteWasm({ name: "list" }));
// What is done here is durable at once, also offline, and goes to the hub when there is a connection.
const replica = await follow(store, {
  url: new URL("/sync", location.href).href,
  streams: ["list-1"],
  deciders: { list },
});
const shopping = replica.stream<ListEvent>("list-1");
const shown = shopping.project(items);
last.keep(shown, store);

function render(): void {
  ul.replaceChildren(...shown.state.map(toLine));
  showStatus();
}

function showStatus(): void {
  status.textContent = `${replica.status.connection}, ${shown.pending} to be confirmed`;
}

function toElement(item: string): HTMLElement {
  return Object.assign(document.createElement("li"), { textContent: item });
}

function toLine(item: string): HTMLElement {
  const li = toElement(item);
  const button = document.createElement("button");
  button.textContent = "Bought";
  button.addEventListener("click", () => void execute({ do: "buy", item }));
  li.append(" ", button);
  return li;
}

async function execute(command: ListCommand): Promise<void> {
  try {
    const { confirmed } = await shopping.execute("list", command);
    await confirmed;
  } catch (error) {
    status.textContent = error instanceof Error ? error.message : String(error);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void execute({ do: "add", item: input.value });
  form.reset();
});
add.disabled = false;
// Only once it has caught up: until then, the last known list stays.
shown.subscribe(render);
replica.subscribe(showStatus);
