/**
 * Opens a file and says what came of it; then appends for each line of input, and says what came of that. Arguments: the
 * file.
 */
import { createInterface } from "node:readline";
import { isEventStoreError, openEventStore } from "rivulet";
import { givenEngine } from "../given-engine.ts";

const [path = ""] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(adapter({ path, busyTimeout: 300 })).catch(tell);
if (store !== undefined) {
  console.log("opened");
  for await (const _line of createInterface({ input: process.stdin })) {
    const result = await store.stream("a").append({ type: "noted" }).catch(tell);
    if (result !== undefined) console.log(`appended ${result.position}`);
  }
}

function tell(error: unknown): undefined {
  if (!isEventStoreError(error)) throw error;
  console.log(JSON.stringify([error.code, error.details, error.message]));
}
