/** A page with Dexie, where the benchmark's peers are installed. */
import Dexie from "dexie";
import { show, tellView } from "../../bench/browser/view.ts";

const database = new Dexie("list");
database.version(1).stores({ events: "++position" });
const events = database.table("events");

tellView((items) => events.bulkAdd(items.map((data) => ({ type: "added", data }))));
show(
  (await events.toArray()).map(({ data }) => data),
  "live",
);
