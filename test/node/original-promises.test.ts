import { memory, openEventStore, type Adapter, type NewEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { temporaryPath } from "../support/temporary.ts";

const ADAPTERS: readonly (readonly [string, () => Adapter])[] = [
  ["memory", memory],
  ["better-sqlite3 in memory", betterSqlite3],
  ["better-sqlite3 on a file", () => betterSqlite3({ path: temporaryPath() })],
];

describe.each(ADAPTERS)("%s", (_, adapter) => {
  test("an append with ids and an expected version succeeds again after the stream has grown", async () => {
    const store = await openEventStore(adapter());
    const stream = store.stream("order-1");
    const events: NewEvent[] = [
      { id: "placed-1", type: "placed", data: { item: "tea" } },
      { id: "paid-1", type: "paid", data: { amount: 4 } },
    ];
    const append = () => stream.append(events, { expectedVersion: 0 });

    const first = await append();
    const retried = await append();
    await stream.append({ type: "shipped" });
    const late = await append();

    expect(first).toMatchObject({ version: 2, position: 2, deduplicated: 0 });
    for (const again of [retried, late]) {
      expect(again).toMatchObject({ version: 2, position: 2, deduplicated: 2 });
      expect(again.events).toEqual(first.events);
    }
    expect(await stream.version()).toBe(3);
    await store.close();
  });

  test("the same append made three times at once succeeds three times and is stored once", async () => {
    const store = await openEventStore(adapter());
    const stream = store.stream("order-1");
    const append = () => stream.append({ id: "placed-1", type: "placed" }, { expectedVersion: "no-stream" });

    const outcomes = await Promise.all([append(), append(), append()]);

    expect(outcomes.map(({ deduplicated }) => deduplicated)).toEqual([0, 1, 1]);
    expect(await stream.read().toArray()).toHaveLength(1);
    await store.close();
  });

  test("saving snapshots changes no version and no position, and no reader or watcher sees them", async () => {
    const store = await openEventStore(adapter());
    const stream = store.stream("order-1");
    await stream.append([{ type: "placed" }, { type: "paid" }]);
    const watcher = store.watch();
    const seen = [(await watcher.next()).value?.type, (await watcher.next()).value?.type];

    await stream.saveSnapshot({ projection: "order", version: 1, state: { paid: false } });
    await stream.saveSnapshot({ projection: "order", version: 2, state: { paid: true } });

    expect(await stream.version()).toBe(2);
    expect(await store.head()).toBe(2);
    const { version } = await stream.append({ type: "shipped" }, { expectedVersion: 2 });
    seen.push((await watcher.next()).value?.type);
    expect(version).toBe(3);
    expect(seen).toEqual(["placed", "paid", "shipped"]);
    expect((await store.read().toArray()).map(({ type }) => type)).toEqual(seen);
    expect(await store.streams().toArray()).toEqual([{ name: "order-1", version: 3 }]);
    await store.close();
  });
});

test.each(ADAPTERS.slice(0, 2))("two stores of %s share nothing", async (_, adapter) => {
  const one = await openEventStore(adapter());
  const other = await openEventStore(adapter());
  const watcher = other.watch();

  await one.stream("order-1").append([{ id: "placed-1", type: "placed" }, { type: "paid" }]);
  await one.stream("order-1").saveSnapshot({ projection: "order", version: 2, state: {} });

  expect(await other.head()).toBe(0);
  expect(await other.streams().toArray()).toEqual([]);
  expect(await other.stream("order-1").loadSnapshot("order")).toBeUndefined();
  const result = await other.stream("order-2").append({ id: "placed-1", type: "placed", data: "another" });
  expect(result).toMatchObject({ position: 1, deduplicated: 0 });
  expect((await watcher.next()).value).toMatchObject({ stream: "order-2", data: "another" });
  await one.close();
  expect(await other.stream("order-2").version()).toBe(1);
  await other.close();
});
