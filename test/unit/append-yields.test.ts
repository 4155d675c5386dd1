import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";

test("code that awaits one append after another yields to the event loop every few appends, and not for each", async () => {
  const store = await openEventStore(betterSqlite3());
  let yields = 0;
  let tick = setImmediate(function next() {
    yields += 1;
    tick = setImmediate(next);
  });

  for (let count = 0; count < 50; count++) await store.stream("a").append({ type: "counted" });
  clearImmediate(tick);

  expect(yields).toBeGreaterThanOrEqual(12);
  expect(yields).toBeLessThanOrEqual(14);
  await store.close();
});
