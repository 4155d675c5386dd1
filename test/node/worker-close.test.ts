import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";

test("stores in workers close without errors, repeatedly and many at once", async () => {
  for (let round = 0; round < 15; round++) {
    const stores = await Promise.all([1, 2, 3].map(() => openEventStore(betterSqlite3({ worker: true }))));
    const appends = stores.map((store) => store.stream("last").append({ type: "noted" }));

    const closed = await Promise.allSettled([...appends, ...stores.map((store) => store.close())]);

    expect(closed.filter(({ status }) => status === "rejected")).toEqual([]);
  }
});
