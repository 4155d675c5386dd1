/**
 * Appends by chance and watches all, and says every call, answer and event at once, until it is killed or told to stop. Arguments:
 * PostgreSQL's connection string, the schema, its name, a seed.
 */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { isEventStoreError, openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { idsOf, type Call, type Saying } from "../history-check.ts";
import { randomFrom } from "../random.ts";

const STREAMS = 3;

/** What an append may reject with while the server is away. */
const AWAY: ReadonlySet<string> = new Set(["outcome-unknown", "storage-unavailable"]);

const [connectionString = "", schema = "", name = "", seed = ""] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const store = await openEventStore(postgres({ connectionString, schema }));
let stopping = false;
createInterface({ input: process.stdin }).on("line", () => (stopping = true));

async function appendOne(attempt: string): Promise<void> {
  const stream = `stream-${random.below(STREAMS)}`;
  const call = { attempt, stream, size: 1 + random.below(3), expected: await chooseExpected(stream) };
  const again = random.below(5) === 0;
  if ((await make(call)) && again) await make(call);
}

/** Any, the present version, where somebody else may be faster, or one by chance. */
async function chooseExpected(stream: string): Promise<number> {
  const choice = random.below(6);
  if (choice > 2) return -1;
  const version = await store.stream(stream).version();
  return choice > 0 ? version : random.below(version + 3);
}

/** Whether it was stored. */
async function make(call: Call): Promise<boolean> {
  const { attempt, stream, expected } = call;
  const events = idsOf(call).map((id) => ({ id, type: "noted" }));
  say({ call });
  try {
    const expectedVersion = expected < 0 ? "any" : expected;
    const { position, version } = await store.stream(stream).append(events, { expectedVersion });
    say({ answer: { attempt, outcome: "stored", position, version } });
    return true;
  } catch (error) {
    if (isEventStoreError(error, "version-conflict")) {
      say({ answer: { attempt, outcome: "conflict", position: 0, version: error.details.actual } });
    } else if (!isEventStoreError(error) || !AWAY.has(error.code)) say({ wrong: `${attempt}: ${String(error)}` });
    return false;
  }
}

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
