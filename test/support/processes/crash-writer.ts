/**
 * Appends until it is killed, several at a time, and says so when an append is acknowledged.
 * Arguments: the file, the durability, whether in a worker, the number of the run.
 */
import { writeSync } from "node:fs";
import { openEventStore } from "rivulet";
import { batchOf } from "../crash-batches.ts";
import { givenEngine } from "../given-engine.ts";

const CONCURRENT = 4;

const [path, durability, worker, run] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(
  adapter({ path: path as string, durability: durability as "full" | "normal", worker: worker === "true" }),
);
say("ready");

let next = 0;

async function appendForEver(): Promise<void> {
  for (;;) {
    const batch = next++;
    say(`sent ${batch}`);
    await store.append(batchOf(Number(run), batch));
    say(`acknowledged ${batch}`);
  }
}

/** At once: what is said must be out before the process can be killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

await Promise.all(Array.from({ length: CONCURRENT }, appendForEver));
