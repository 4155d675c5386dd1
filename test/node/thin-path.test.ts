import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { temporaryPath } from "../support/temporary.ts";

type CounterEvent = Event<"incremented", { by: number }> | Event<"decremented", { by: number }>;

test("events appended to a file are read back, watched live, and still there after reopening", async () => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  const counter = store.stream<CounterEvent>("counter-1");
  const seen: number[] = [];
  const watching = (async () => {
    for await (const event of counter.watch()) {
      seen.push(event.data.by);
      if (seen.length === 3) break;
    }
  })();

  await counter.append({ type: "incremented", data: { by: 1 } });
  const result = await counter.append([
    { type: "incremented", data: { by: 2 } },
    { type: "decremented", data: { by: 3 } },
  ]);
  await watching;
  await store.close();

  const again = await openEventStore(betterSqlite3({ path }));
  const events = await again.stream<CounterEvent>("counter-1").read().toArray();
  await again.close();

  expect(seen).toEqual([1, 2, 3]);
  expect(result).toMatchObject({ version: 3, position: 3, deduplicated: 0 });
  expect(events.slice(1)).toEqual(result.events);
});
