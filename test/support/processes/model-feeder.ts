/**
 * Feeds the read model of flights until it has caught up: "PHASE N" after every transaction, "done N" at the end. Arguments: the
 * file, the schema, whether in a worker, and "rebuild" where it is to be rebuilt then.
 */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { flightModel } from "../flight-model.ts";

const [path = "", schema = "", worker = "", then = ""] = process.argv.slice(2);

const adapter = betterSqlite3({ path, durability: "normal", worker: worker === "true" });
const store = await openEventStore(adapter);
const onProgress = ({ phase, done }: { readonly phase: string; readonly done: number }): void =>
  console.log(`${phase} ${done}`);
const model = await store.readModel(flightModel(Number(schema)).definition, { onProgress });
const reached = await model.caughtUp();
if (then === "rebuild") await model.rebuild({ onProgress });
console.log(`done ${reached}`);
await store.close();
