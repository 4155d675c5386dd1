/** Keeps a read model up to date until it is killed. Arguments: PostgreSQL's connection string, the schema. */
import { openEventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { sums } from "../sums-model.ts";

const [connectionString = "", schema = ""] = process.argv.slice(2);
const store = await openEventStore(postgres({ connectionString, schema }));
await store.readModel(sums);
setInterval(() => undefined, 60_000);
