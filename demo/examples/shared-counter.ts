/**
 * A counter that is shared with browsers: follows the hub of `npm start`, presses, and prints every press once it is
 * confirmed.
 *
 *     npm start                                              # in one terminal; open the page, and choose "Shared"
 *     node .build/demo/examples/shared-counter.js            # in another: presses once, and prints what others do
 *     node .build/demo/examples/shared-counter.js --presses 3 --every 1000 --file .data/terminal.db
 */
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow } from "rivulet/sync";
import { counterDecider } from "../counter/counter-decider.ts";
import { introduce } from "../counter/device.ts";
import type { CounterEvent } from "../counter/events.ts";
import { readOptions } from "../support/options.ts";

const values = readOptions("node .build/demo/examples/shared-counter.js [options]", {
  hub: { type: "string", default: "http://localhost:4173/api/sync", about: "the hub to follow" },
  counter: { type: "string", default: "counter-cups-of-coffee", about: "the stream of the counter" },
  name: { type: "string", default: "Terminal", about: "the name of this device" },
  presses: { type: "number", default: "1", about: "how often it presses" },
  every: { type: "number", default: "0", about: "the pause after a press, in milliseconds" },
  file: { type: "string", about: "where to keep what the hub has not confirmed when this ends" },
});

const device = { id: randomUUID(), name: values.name, kind: "program" } as const;

await using store = await openEventStore(betterSqlite3(values.file === undefined ? {} : { path: values.file }));
await using replica = await follow(store, {
  url: values.hub,
  headers: () => introduce(device),
  streams: [values.counter],
  deciders: { counter: counterDecider },
});
const counter = replica.stream<CounterEvent>(values.counter);

const confirmed = store.stream<CounterEvent>(values.counter);
const ended = new AbortController();
process.once("SIGINT", () => ended.abort());

let shown = "";
replica.subscribe(() => {
  const { connection } = replica.status;
  if (connection !== shown) console.log(`(${connection})`);
  shown = connection;
});

// A counter that has not arrived yet would refuse every press.
for await (const { version } of confirmed.watch({ signal: ended.signal })) if (version === 1) break;

async function printAll(): Promise<void> {
  for await (const { version, type, data, metadata } of confirmed.watch({ after: "head", signal: ended.signal })) {
    const by = (metadata["device"] ?? metadata["tab"] ?? "somebody") as string;
    console.log(`${version} ${type} ${JSON.stringify(data ?? {})} by ${by}`);
  }
}
const printing = printAll().catch((error: unknown) => {
  if (!ended.signal.aborted) throw error;
});

for (let press = 1; press <= values.presses && !ended.signal.aborted; press += 1) {
  const command = { type: "add", stream: values.counter, by: 1 };
  const queued = await counter.execute("counter", command, { metadata: { device: values.name } });
  queued.confirmed.then(
    () => console.log(`press ${press} is confirmed`),
    (error: unknown) => console.log(String(error)),
  );
  await setTimeout(values.every);
}
await printing;
