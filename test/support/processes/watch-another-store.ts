/** Watches a file through one store, while another store appends to it. Argument: the file. */
import { openEventStore } from "rivulet";
import { givenEngine } from "../given-engine.ts";

const EVENTS = 20;

const [path = ""] = process.argv.slice(2);
const adapter = await givenEngine();
const watching = await openEventStore(adapter({ path }));
const writing = await openEventStore(adapter({ path }));

const watch = watching.watch();
for (let index = 0; index < EVENTS; index++) {
  await writing.stream("a").append({ type: "noted" });
  await watch.next();
}
await watch.return?.();
await writing.close();
await watching.close();
