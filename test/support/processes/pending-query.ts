/**
 * Queries a read model with what is pending in a replica that is offline. Argument: PATH. After each step it waits for a line: it queues
 * what is pending; asks queries that succeed, fail, take too long and are aborted, and prints what came of them; asks what does not end, until it is killed.
 */
import { createInterface } from "node:readline";
import { openEventStore } from "rivulet";
import { follow } from "rivulet/sync";
import { sql } from "rivulet/read-models";
import { givenEngine } from "../given-engine.ts";
import { accounts, balances, everyEntry } from "../sync/balances.ts";
import { bank } from "../sync/bank.ts";

const [path = ""] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(adapter({ path }));
const replica = await follow(store, {
  url: "http://hub.test",
  streamPrefixes: ["account-"],
  deciders: { bank },
  fetch: () => Promise.reject(new Error("offline")),
});
const model = await store.readModel(balances);
const endless = sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c, ${accounts}`;
const codeOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(String, (error: { code?: string }) => error.code ?? error);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

await store.stream("own").append({ type: "deposited", data: { amount: 1, label: "own" } });
await model.caughtUp();
for (const label of ["one", "broken", "three"])
  await replica.stream("account-1").execute("bank", { do: "deposit", amount: 2, label });
console.log("queued");
await lines.next();

const { rows, pending, failed } = await replica.query<{ label: string }>(model, everyEntry);
const aborting = new AbortController();
const aborted = codeOf(replica.query(model, endless, { timeout: 500, signal: aborting.signal }));
setImmediate(() => aborting.abort("enough"));
const codes = [
  await aborted,
  await codeOf(replica.query(model, endless, { timeout: 300 })),
  await codeOf(replica.query(model, sql`SELECT nothing FROM ${accounts}`)),
  await codeOf(replica.query(model, sql`DELETE FROM ${accounts}`)),
];
// Starts the process for long queries again, after the one that took too long.
await replica.query(
  model,
  sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT 1 FROM c LIMIT 2) SELECT i FROM c, ${accounts}`,
);
const { length } = (await replica.query(model, everyEntry)).rows;
console.log(JSON.stringify({ labels: rows.map(({ label }) => label), pending, failed: failed.length, codes, length }));
await lines.next();

for (;;) await codeOf(replica.query(model, endless, { timeout: 10_000 }));
