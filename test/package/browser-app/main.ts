/** All that an application does to have its first event; its title tells what it found. */
import { openEventStore } from "rivulet";
import { sqliteWasm } from "rivulet/sqlite-wasm";

async function visit() {
  const store = await openEventStore(sqliteWasm({ name: "app" }));
  await store
    .stream("visits")
    .append({ type: "visited", data: { at: location.pathname } });

  const { length } = await store.stream("visits").read().toArray();
  const { backend } = await store.info();
  document.title = `${length} ${length === 1 ? "event" : "events"}, ${backend}`;
}

void visit();
