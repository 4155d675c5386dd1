/** Asks what does not end, goes on meanwhile, and leaves: PATH, "here" or "worker", "close", "exit" or "kill". Prints what came of it. */
import { openEventStore } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { childrenOf } from "../children.ts";
import { givenEngine } from "../given-engine.ts";
import { until } from "../until.ts";

const [path = "", where, leaving] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(adapter({ path, worker: where === "worker" }));
const rows = table("rows", "position INTEGER PRIMARY KEY");
const model = await store.readModel(
  defineReadModel({
    name: "model",
    tables: [rows],
    on: { happened: ({ position }) => sql`INSERT INTO ${rows} VALUES (${position})` },
  }),
);

const endless = sql`WITH c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c`;
const asked = model.query(endless, { timeout: 1_000_000 }).then(String, ({ code }: { code: string }) => code);
await until(() => childrenOf(process.pid).length > 0);
const children = childrenOf(process.pid);
await model.caughtUp((await store.stream("a").append({ type: "happened" })).position);
const found = await model.query(sql`SELECT position FROM ${rows}`);
// Written at once, also where the process is killed.
console.log(JSON.stringify({ children, found }));

if (leaving === "exit") process.exit(0);
if (leaving === "kill") process.kill(process.pid, "SIGKILL");
await store.close();
console.log(await asked);
