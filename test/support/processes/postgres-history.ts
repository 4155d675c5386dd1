/**
 * Makes random appends and watches the whole store. Reports every call, outcome and event at once, until it is killed or told to
 * stop. Arguments: PostgreSQL's connection string, the schema, its name, a seed.
 */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { isEventStoreError, openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import type { Saying } from "../history-check.ts";
import { randomFrom } from "../random.ts";
import { recordCalls } from "../recorded-calls.ts";

/** What an append may reject with while the server is away. */
const AWAY: ReadonlySet<string> = new Set(["outcome-unknown", "storage-unavailable"]);

const [connectionString = "", schema = "", name = "", seed = ""] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const store = await openEventStore(postgres({ connectionString, schema }));
const isAway = (error: unknown): boolean => isEventStoreError(error) && AWAY.has(error.code);
const { appendOne } = recordCalls(store, random, say, isAway);
let stopping = false;
createInterface({ input: process.stdin }).on("line", () => (stopping = true));

async function watch(): Promise<void> {
  try {
    for await (const { position, id } of store.watch()) say({ saw: { watcher: name, events: [[position, id]] } });
  } catch (error) {
    if (!isEventStoreError(error, "store-closed")) say({ wrong: `a watcher ended: ${String(error)}` });
  }
}

/** At once: what is said must be out before the process can be killed. */
function say(saying: Saying): void {
  writeSync(1, `${JSON.stringify(saying)}\n`);
}

const watching = watch();
for (let turn = 0; !stopping; turn++) {
  const calls = Array.from({ length: 1 + random.below(3) }, (_, index) => appendOne(`${name}.${turn}.${index}`));
  await Promise.all(calls);
}
await store.close();
await watching;
process.exit();
