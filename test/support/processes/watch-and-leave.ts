/**
 * Watches, ends the watch, says "left" and does nothing more: then nothing may keep the process alive.
 * Arguments: the file, how to end the watch, whether in a worker.
 */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

const [path, how, worker] = process.argv.slice(2);
const store = await openEventStore(betterSqlite3({ path: path as string, worker: worker === "true" }));
await store.stream("watched").append({ type: "noted" });

switch (how) {
  case "break":
    for await (const event of store.watch()) if (event.position === 1) break;
    break;
  case "abort":
    await watchUntil("AbortError", (controller) => controller.abort());
    break;
  case "close":
    await watchUntil("EventStoreError", () => store.close());
    break;
  default:
    store.watch();
}
console.log("left");

async function watchUntil(name: string, end: (controller: AbortController) => unknown): Promise<void> {
  const controller = new AbortController();
  try {
    const { signal } = controller;
    const watcher = store.watch({ signal, onCaughtUp: () => void end(controller) });
    while ((await watcher.next()).done !== true) continue;
  } catch (error) {
    if ((error as Error).name === name) return;
    throw error;
  }
  throw new Error("the watch ended in silence");
}
