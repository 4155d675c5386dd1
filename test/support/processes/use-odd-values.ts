/** Uses a file with odd values, and prints what was found and stored. Argument: the file. */
import { openEventStore } from "rivulet";
import { givenEngine } from "../given-engine.ts";
import { useOddValues } from "../odd-values.ts";

const [path = ""] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(adapter({ path }));
const report = await useOddValues(store);
await store.close();
console.log(JSON.stringify(report));
