/**
 * Feeds the read model of flights until it has caught up: "at N" after every transaction, "done N" at the end. Arguments: the
 * file, the schema, whether in a worker.
 */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { flightModel } from "../flight-model.ts";

const [path = "", schema = "", worker = ""] = process.argv.slice(2);

const adapter = betterSqlite3({ path, durability: "normal", worker: worker === "true" });
const store = await openEventStore(adapter);
const model = await store.readModel(flightModel(Number(schema)).definition, {
  onProgress: ({ done }) => console.log(`at ${done}`),
});
console.log(`done ${await model.caughtUp()}`);
await store.close();
