import { memory, openEventStore, type Event, type EventStore } from "rivulet";
import type { Adapter } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineEvents } from "rivulet/events";
import { inspectStore, type Inspection } from "rivulet/inspection";
import { postgres } from "rivulet/postgres";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { follow } from "rivulet/sync";
import { createTestHub } from "rivulet/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { overChannel } from "../support/remote-adapter.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { temporaryPath } from "../support/temporary.ts";

type Sold = Event<"sold", { item: string; pieces: number }>;

const sales = table("sales", "item TEXT PRIMARY KEY, pieces INTEGER NOT NULL", { indexes: ["pieces DESC"] });
const shop = defineReadModel<Sold>({
  name: "shop",
  schema: 3,
  tables: [sales],
  onError: "park",
  on: {
    sold({ data: { item, pieces } }) {
      if (pieces < 0) throw new Error("fewer than none");
      return sql`INSERT INTO ${sales} VALUES (${item}, ${pieces}) ON CONFLICT (item) DO UPDATE
        SET pieces = ${sales}.pieces + excluded.pieces`;
    },
  },
});
const others = table("sales", "day TEXT PRIMARY KEY");
const calendar = defineReadModel<Event<"closed", { day: string }>>({
  name: "calendar",
  tables: [others],
  on: { closed: ({ data }) => sql`INSERT INTO ${others} VALUES (${data.day})` },
});
const total = defineProjection<number, Sold>({
  name: "total",
  initial: () => 0,
  on: { sold: (sum, { data }) => sum + data.pieces },
  snapshots: { every: 1 },
});
const letters = defineConsumer<Sold>({
  name: "letters",
  retry: { attempts: 1 },
  onError: "park",
  handler({ data }) {
    if (data.pieces < 0) throw new Error("no letter");
  },
});

/** Storages in this thread, in another, and behind a channel, which has no lists of its own. */
const ADAPTERS: readonly (readonly [string, () => Adapter])[] = [
  ["better-sqlite3", () => betterSqlite3({ path: temporaryPath() })],
  ["better-sqlite3 in a worker", () => betterSqlite3({ path: temporaryPath(), worker: true })],
  ["a remote storage", () => overChannel(betterSqlite3({ path: temporaryPath() }))],
];

async function fill(store: EventStore): Promise<void> {
  await store.stream("shop-1").append([
    { type: "sold", data: { item: "tea", pieces: 2 } },
    { type: "sold", data: { item: "tea", pieces: 3 } },
    { type: "sold", data: { item: "rice", pieces: -1 } },
  ]);
  await (await store.readModel(shop)).caughtUp();
  await (await store.readModel(calendar)).caughtUp();
  await store.consume(letters).caughtUp();
  await store.stream("shop-1").load(total);
  await store.load(total);
}

test.each(ADAPTERS)("everything that a store holds is listed: %s", (_, make) => checkLists(make()));

describe.skipIf(mayBeLeftOut())("on PostgreSQL", () => {
  const server = usePostgres();

  test("everything that a store holds is listed", () =>
    checkLists(postgres({ connectionString: server().connectionString, schema: "inspected" })));
});

async function checkLists(adapter: Adapter): Promise<void> {
  const store = await opened(adapter);
  await fill(store);
  const inspection = inspectStore(store);

  expect(await inspection.consumers()).toEqual([{ name: "letters", checkpoint: 3, lag: 0, active: true, parked: 1 }]);
  expect(await inspection.parked({ consumer: "letters" })).toMatchObject([{ position: 3, message: "no letter" }]);
  expect(await inspection.readModels()).toEqual([
    expect.objectContaining({ name: "calendar", schema: 1, clients: 1 }),
    {
      ...{ name: "shop", schema: 3, position: 3, lag: 0, built: true, rebuild: undefined, clients: 1 },
      tables: [{ name: "sales", columns: expect.stringMatching(/^item /i), indexes: ["pieces DESC"] }],
    },
  ]);
  expect(await inspection.parked({ readModel: "shop", schema: 3 })).toMatchObject([
    { position: 3, message: "fewer than none" },
  ]);
  expect((await inspection.leases()).map((name) => name.replace(/[^/]{36}$/, "ID"))).toEqual([
    "consumer/letters",
    "model/calendar.1/ID",
    "model/shop.3/ID",
  ]);
  const { snapshots, next } = await inspection.snapshots();
  const states = new Map(snapshots.map(({ stream, version, state }) => [stream, [version, state]]));
  expect([states.get(undefined), states.get("shop-1"), states.size, next]).toEqual([[3, "4"], [3, "4"], 2, undefined]);
  const [first, second] = await pages(inspection.snapshots);
  expect([first?.length, second?.length]).toEqual([1, 1]);
  expect(await inspection.outbox()).toBeUndefined();
  await checkQueries(inspection);
}

/** Each text, and the rows or the part of the message. */
const QUERIES: readonly (readonly [string, unknown])[] = [
  ["SELECT item, pieces FROM sales ORDER BY item", [["tea", 5]]],
  ["select SALES.pieces from Sales;", [[5]]],
  ['SELECT pieces FROM "sales" -- sales', [[5]]],
  ["SELECT s.pieces AS sales, 'sales' AS text FROM sales AS s /* sales */", [[5, "sales"]]],
  ["WITH doubled AS (SELECT pieces * 2 AS twice FROM sales) SELECT twice FROM doubled", [[10]]],
  ["VALUES (1), (2)", [[1], [2]]],
  ["DELETE FROM sales", "one SELECT"],
  ["WITH gone AS (SELECT 1) DELETE FROM sales", ""],
  ["SELECT 1; DELETE FROM sales", "one SELECT"],
  ["SELECT * FROM events", ""],
  ["SELECT (1", ""],
  ["", "one SELECT"],
];

/** Tables are called by their own names, and nothing but a query is run. */
async function checkQueries(inspection: Inspection): Promise<void> {
  for (const [text, wanted] of QUERIES) {
    const told = inspection.query(text, { prefer: "shop" }).then(({ rows }) => rows);
    if (typeof wanted === "string") expect((await failure(told, "invalid-argument")).message, text).toContain(wanted);
    else expect(await told, text).toEqual(wanted);
  }
  expect((await inspection.query("SELECT * FROM sales", { prefer: "calendar" })).columns).toEqual(["day"]);
  expect((await inspection.query("SELECT 1 AS sales, 2 AS pieces")).columns).toEqual(["sales", "pieces"]);
  // Without the advice for templates, which a text has none of.
  await expect(inspection.query("SELECT * FROM salez")).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringMatching(/salez[^:]*; the tables are sales$/),
  });
  const { rows, more } = await inspection.query("VALUES (1), (2), (3)", { limit: 2 });
  expect([rows.length, more]).toEqual([2, true]);
}

test("steps give the state before and after each event, as loads do", async () => {
  const store = await opened(betterSqlite3());
  await fill(store);
  await store.stream("shop-2").append({ type: "sold", data: { item: "oil", pieces: 10 } });
  const inspection = inspectStore(store);

  for (const stream of [undefined, "shop-1"]) {
    const newest = stream === undefined ? 4 : 3;
    for (let upTo = 0; upTo <= newest; upTo++) {
      const { state, position, steps } = await inspection.steps(total, { stream, upTo, limit: 2 });
      const load = (at: number): Promise<{ readonly state: number }> =>
        stream === undefined ? store.load(total, { upTo: at }) : store.stream<Sold>(stream).load(total, { upTo: at });
      expect([state, position]).toEqual([(await load(upTo)).state, upTo]);
      expect(steps).toHaveLength(Math.min(2, upTo));
      for (const { event, before, after } of steps) {
        expect([before, after]).toEqual([(await load(event.position - 1)).state, (await load(event.position)).state]);
      }
    }
  }
});

test("a handler that throws ends the steps with its error, after those before it", async () => {
  const store = await opened(memory());
  await store.stream("s").append([1, 2, 3].map((data) => ({ type: "counted", data })));
  const fragile = defineProjection<number>({
    name: "fragile",
    initial: () => 0,
    on: {
      counted(sum, { data }) {
        if (data === 3) throw new Error("three");
        return sum + (data as number);
      },
    },
  });

  const { state, steps, error } = await inspectStore(store).steps(fragile);

  expect([state, steps.length]).toEqual([3, 2]);
  expect(error).toMatchObject({ code: "projection-failed", details: { position: 3 } });
});

test("events are read as they are stored, also those that the application does not know", async () => {
  const path = temporaryPath();
  const before = await opened(betterSqlite3({ path }));
  await before.stream("s").append([{ type: "moved", data: 3 }, { type: "lost" }]);
  const events = defineEvents({ moved: { version: 2, upcast: { 1: (count: number) => ({ count }) } } });
  const store = await openEventStore(betterSqlite3({ path }), { events });
  onTestFinished(() => store.close());

  const read = await inspectStore(store).read().toArray();

  expect(read.map(({ type, data, schemaVersion }) => [type, data, schemaVersion])).toEqual([
    ["moved", 3, 1],
    ["lost", undefined, 1],
  ]);
  await failure(store.read().toArray(), "unknown-event");
});

test("the outbox is listed without its replica, with what the hub has refused", async () => {
  const store = await opened(betterSqlite3());
  const hub = await createTestHub({ mayAppend: (_client, { stream }) => stream !== "list-2" || "not this list" });
  onTestFinished(() => hub.close());
  const replica = await follow(store, { url: hub.url, fetch: hub.fetch, streamPrefixes: ["list-"] });
  const refused = await replica.stream("list-2").append({ type: "added" });
  await failure(refused.confirmed, "entry-rejected");
  hub.offline();
  await replica.stream("list-1").append({ type: "added" });
  await replica.close();

  const outbox = await inspectStore(store).outbox();

  expect(outbox?.followed.map(({ name }) => name)).toEqual(["list-*"]);
  expect(outbox?.entries.map(({ streams, rejected }) => [streams, rejected === undefined])).toEqual([
    [["list-2"], false],
    [["list-1"], true],
  ]);
});

test("a subscriber is told of changes, and once of the end", async () => {
  const store = await opened(memory());
  const heads: number[] = [];
  const ends: unknown[] = [];
  const listener = {
    onChange: (head: number): void => void heads.push(head),
    onEnd: (error: unknown): void => void ends.push(error),
  };
  inspectStore(store).subscribe(listener);
  const stop = inspectStore(store).subscribe(listener);
  stop();

  await store.stream("s").append({ type: "counted" });
  await store.close();

  expect(heads).toEqual([1]);
  expect(ends).toMatchObject([{ code: "store-closed" }]);
  expect(() => inspectStore(store)).toThrow(expect.objectContaining({ code: "store-closed" }));
});

test("after the store is closed, every method fails with store-closed", async () => {
  const store = await opened(betterSqlite3());
  const inspection = inspectStore(store);
  await store.close();

  const calls: readonly (() => unknown)[] = [
    () => inspection.read().toArray(),
    () => inspection.consumers(),
    () => inspection.readModels(),
    () => inspection.parked({ consumer: "letters" }),
    () => inspection.query("SELECT 1"),
    () => inspection.snapshots(),
    () => inspection.leases(),
    () => inspection.outbox(),
    () => inspection.steps(total),
    () => inspection.subscribe({ onChange: () => undefined, onEnd: () => undefined }),
  ];
  for (const call of calls) await failure(Promise.resolve().then(call), "store-closed");
});

async function opened(adapter: Adapter): Promise<EventStore> {
  const store = await openEventStore(adapter);
  onTestFinished(() => store.close());
  return store;
}

async function pages(list: ReturnType<typeof inspectStore>["snapshots"]): Promise<readonly (readonly unknown[])[]> {
  const { snapshots, next } = await list({ limit: 1 });
  const rest = await list({ limit: 1, ...(next !== undefined && { after: next }) });
  return [snapshots, rest.snapshots];
}
