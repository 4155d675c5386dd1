/**
 * Appends so many events one after the other, then so many at once, then so many that change nothing: one half known already,
 * the other half too late. Arguments: the file, the durability, the three numbers.
 */
import { isEventStoreError, openEventStore } from "rivulet";
import { givenEngine } from "../given-engine.ts";

const [path, durability, oneByOne, atOnce, refused] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(adapter({ path: path as string, durability: durability as "full" | "normal" }));
const stream = store.stream("flushed");
await stream.append({ type: "noted", id: "known" });
for (let index = 0; index < Number(oneByOne); index++) await stream.append({ type: "noted" });
await Promise.all(Array.from({ length: Number(atOnce) }, () => stream.append({ type: "noted" })));
for (let index = 0; index < Number(refused); index += 2) {
  const { deduplicated } = await stream.append({ type: "noted", id: "known" }, { expectedVersion: 0 });
  if (deduplicated !== 1) throw new Error("a known event was written again");
  const conflict: unknown = await stream
    .append({ type: "noted" }, { expectedVersion: 0 })
    .catch((error: unknown) => error);
  if (!isEventStoreError(conflict, "version-conflict")) throw new Error("a conflict was expected");
}
await store.close();
