import { openEventStore, type EventStore, type QueryFor } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow } from "rivulet/sync";
import { createTestHub } from "rivulet/testing";
import { expect, onTestFinished, test } from "vitest";
import { createSteps } from "../../demo/counter/append-many.ts";
import { counterDecider } from "../../demo/counter/counter-decider.ts";
import { PREFIX, type CounterEvent } from "../../demo/counter/events.ts";
import { overview } from "../../demo/counter/overview.ts";
import { openReadSide } from "../../demo/counter/read-side.ts";
import { createSeries, type Query } from "../../demo/counter/series.ts";

const LAPS = "counter-laps";
const ONE = { type: "incremented", data: { by: 1 } } as const;

async function openStore(): Promise<EventStore> {
  const store = await openEventStore(betterSqlite3());
  onTestFinished(() => store.close());
  return store;
}

async function appendMany(store: EventStore, count: number): Promise<void> {
  for (const events of createSteps(count, {})) await store.stream<CounterEvent>(LAPS).append(events);
}

test.each([2_000, 20_000])("after %d events, one more costs the series three rows", async (events) => {
  const store = await openStore();
  const model = await store.readModel(overview);
  await appendMany(store, events);
  await model.caughtUp();
  let rows = 0;
  const query: Query = async <Row>(statement: QueryFor<Row>) => {
    const found = await model.query<Row>(statement);
    rows += found.length;
    return found;
  };
  const series = createSeries(query, () => model.position);
  await series(LAPS);
  const atFirst = rows;
  const costs: number[] = [];
  for (let press = 0; press < 50; press++) {
    await store.stream(LAPS).append(ONE);
    await model.caughtUp();
    rows = 0;
    await series(LAPS);
    costs.push(rows);
  }

  expect(atFirst).toBeGreaterThan(250);
  // The bounds, the point that was the last, and perhaps a new one.
  expect(Math.max(...costs)).toBeLessThanOrEqual(3);
});

test("a series that is read again and again is that of one who reads it for the first time, also with what is pending", async () => {
  await using hub = await createTestHub({ deciders: { counter: counterDecider } });
  const store = await openStore();
  const replica = await follow(store, {
    url: hub.url,
    fetch: hub.fetch,
    streamPrefixes: [PREFIX],
    deciders: { counter: counterDecider },
  });
  onTestFinished(() => replica.close());
  const kept = await openReadSide(store, {}, replica);
  const compare = async (): Promise<number> => {
    const fresh = createSeries(
      async (statement) => (await replica.query(kept.model, statement)).rows,
      () => 0,
    );
    const points = await kept.series(LAPS);
    expect(points).toEqual(await fresh(LAPS));
    return points.length;
  };
  const settle = async (): Promise<void> => {
    await expect.poll(() => store.head()).toBe(await hub.store.head());
    await kept.model.caughtUp();
  };
  const lengths = [await compare()];
  await hub.store.stream<CounterEvent>(LAPS).append({ type: "opened", data: { label: "Laps" } });
  await settle();
  for (let round = 1; round <= 12; round++) {
    hub.offline();
    const confirmed = [];
    for (let press = 0; press < 3; press++) {
      const command = { type: "add", stream: LAPS, by: round * 100 } as const;
      confirmed.push((await replica.stream(LAPS).execute("counter", command)).confirmed);
      lengths.push(await compare());
    }
    // These go before what is pending, so its positions and values change.
    await appendMany(hub.store, round * 29);
    hub.online();
    replica.hurry();
    await Promise.all(confirmed);
    await settle();
    lengths.push(await compare());
  }

  expect(Math.max(...lengths)).toBeGreaterThan(300);
});
