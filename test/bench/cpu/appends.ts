import type { EventStore } from "rivulet";
import { join } from "node:path";
import { appendConcurrently, appendOneByOne } from "../append-loops.ts";
import { PAYLOADS } from "../payload.ts";
import { openRaw } from "../raw.ts";
import { createRawWriter } from "../raw-writes.ts";
import type { Start, Works } from "./rows.ts";

type Durability = "full" | "normal";

/** Awaited appends, so many in a run. `worker`: the store's SQLite runs in a thread of its own. */
export function single(durability: Durability, count: number, worker = false): Works {
  return {
    ours: inStore(durability, (store) => appendOneByOne(store, count), worker),
    against: byHand(durability, (write) => {
      for (let index = 0; index < count; index++) write(1);
      return count;
    }),
  };
}

/** As many appends at once, compared with transactions by hand. */
export function concurrent(count: number): Works {
  return { ...single("full", count), ours: inStore("full", (store) => appendConcurrently(store, count, 1)) };
}

/** As many appends at once, compared with one transaction by hand. */
export function grouped(size: number, worker = false): Works {
  return {
    ours: inStore("normal", (store) => appendConcurrently(store, size, 20), worker),
    against: byHand("normal", (write) => {
      for (let round = 0; round < 20; round++) write(size);
      return 20 * size;
    }),
  };
}

/** Appends of a thousand events. */
export function batches(): Works {
  return {
    ours: inStore("normal", async (store) => {
      for (let batch = 0; batch < 10; batch++) {
        await store.stream("one").append(PAYLOADS.map((data) => ({ type: "happened", data })));
      }
      return 10_000;
    }),
    against: byHand("normal", (write) => {
      for (let batch = 0; batch < 10; batch++) write(1_000);
      return 10_000;
    }),
  };
}

function inStore(durability: Durability, run: (store: EventStore) => Promise<number>, worker = false): Start {
  return async (build, folder) => {
    const { openEventStore } = await build.load("rivulet");
    const { betterSqlite3 } = await build.load("rivulet/better-sqlite3");
    const store = await openEventStore(betterSqlite3({ path: join(folder, "store.db"), durability, worker }));
    return { run: () => run(store), close: () => store.close() };
  };
}

function byHand(durability: Durability, run: (write: (size: number) => void) => number): Start {
  return (_build, folder) => {
    const raw = openRaw(join(folder, "raw.db"), durability === "full" ? "FULL" : "NORMAL");
    const write = createRawWriter(raw);
    return { run: () => run(write), close: () => void raw.close() };
  };
}
