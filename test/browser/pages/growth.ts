/** Does one thing with a large store, as JSON after `#` says, and posts how long it took. */
import { runTask, type Task } from "../../bench/browser/growth.ts";

const task = JSON.parse(decodeURIComponent(location.hash.slice(1))) as Task;
const result = await runTask(task).catch(String);
await fetch("/growth", { method: "POST", body: JSON.stringify(result) });
