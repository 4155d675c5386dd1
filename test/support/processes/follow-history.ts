/** Follows a hub in the same process, whose events are in SQLite's memory, so that only the replica's are in the heap. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { until } from "../sync/until.ts";

const [, , path, batches] = process.argv;
const atHub = await openEventStore(betterSqlite3());
for (let batch = 0; batch < Number(batches); batch++) {
  const events = Array.from({ length: 1_000 }, (_, index) => ({
    type: "noted",
    data: { text: `${batch} ${index} ${"x".repeat(500)}` },
  }));
  await atHub.stream(`list-${batch % 10}`).append(events);
}
const hub = createHub(atHub, { authenticate: () => "ada" });
const own = await openEventStore(betterSqlite3({ path: path as string, durability: "normal" }));
const replica = await follow(own, {
  url: "https://hub.test",
  fetch: (url, init) => hub.fetch(new Request(url, init)),
  streamPrefixes: ["list-"],
});
await until(replica, () => replica.status.connection === "live");
console.log(await own.head());
await replica.close();
await own.close();
await atHub.close();
