/** A page with SQLite by hand in a worker, through its own interface (oo1). */
import { startBare } from "../../bench/browser/setting.ts";
import { show, tellView } from "../../bench/browser/view.ts";

const bare = startBare();
const opened = bare.call("open", "list");
tellView(async (items) => {
  await opened;
  await bare.call("write", items.length, items);
});
await opened;
show(
  (await bare.call("list")).map((data) => JSON.parse(data) as string),
  "live",
);
