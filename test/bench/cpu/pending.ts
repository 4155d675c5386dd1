import type { FetchLike } from "rivulet/sync";
import { join } from "node:path";
import { PAYLOADS } from "../payload.ts";
import { single } from "./appends.ts";
import type { Works } from "./rows.ts";

/**
 * So many appends of a replica whose hub takes nothing, compared with appends of a store. The outbox grows with each run, and may hold
 * 10,000.
 */
export const pending = (count: number): Works => ({
  async ours(build, folder) {
    const { memory, openEventStore } = await build.load("rivulet");
    const { betterSqlite3 } = await build.load("rivulet/better-sqlite3");
    const { follow } = await build.load("rivulet/sync");
    const { createHub } = await build.load("rivulet/sync/hub");
    const atHub = await openEventStore(memory());
    const hub = createHub(atHub, { authenticate: () => 1, mayAppend: () => true });
    const store = await openEventStore(betterSqlite3({ path: join(folder, "replica.db") }));
    const fetch: FetchLike = async (url, init) => {
      if (url.endsWith("/push")) throw new Error("no network");
      return hub.fetch(new Request(url, init));
    };
    const replica = await follow(store, { url: "https://hub.test", fetch, streams: ["one"] });
    const stream = replica.stream("one");
    return {
      async run() {
        for (const data of PAYLOADS.slice(0, count)) await stream.append({ type: "happened", data });
        return count;
      },
      async close() {
        await replica.close();
        await store.close();
        await atHub.close();
      },
    };
  },
  against: single("full", count).ours,
});
