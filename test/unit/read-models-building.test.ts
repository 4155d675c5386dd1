import { fakeTime } from "../support/movable-time.ts";
import Database from "better-sqlite3";
import { openEventStore, type Adapter, type Event, type EventStore } from "rivulet";
import type { EventStorage, LeaseOutcome, ModelBatch } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { afterEach, expect, test, vi } from "vitest";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", { n: number }>;

const HISTORY = 20_000;
const BUILDING = "build/numbers.1";

const numbers = table("numbers", "position INTEGER PRIMARY KEY, n INTEGER NOT NULL");
const totals = sql`SELECT count(*) AS count, sum(n) AS sum FROM ${numbers}`;
const whole = [{ count: HISTORY, sum: HISTORY }];

const model = (schema = 1) =>
  defineReadModel<Counted>({
    name: "numbers",
    schema,
    tables: [numbers],
    on: { counted: ({ position, data }) => sql`INSERT INTO ${numbers} VALUES (${position}, ${data.n})` },
  });

afterEach(() => void vi.useRealTimers());

/** A store on the file, the calls that it made to its read models' tables, and its storage. */
async function openSpied(path: string) {
  const batches: ModelBatch[] = [];
  let storage: EventStorage | undefined;
  const inner = betterSqlite3({ path, durability: "normal" });
  const adapter: Adapter = {
    name: inner.name,
    async open() {
      const opened = await inner.open();
      const { models } = (storage = opened.storage);
      if (models === undefined) throw new Error("this needs SQL");
      const applyToModel: typeof models.applyToModel = async (batch) => {
        const answer = await models.applyToModel(batch);
        if (answer.outcome === "applied") batches.push(batch);
        return answer;
      };
      return { ...opened, storage: { ...opened.storage, models: { ...models, applyToModel } } };
    },
  };
  const store = await openEventStore(adapter);
  if (storage === undefined) throw new Error("it was not opened");
  return { store, batches, storage };
}

async function append(store: EventStore, count = HISTORY): Promise<void> {
  for (let done = 0; done < count; done += 1_000) {
    await store.stream("a").append(Array.from({ length: 1_000 }, () => ({ type: "counted", data: { n: 1 } })));
  }
}

test("of two stores that need the same long history in a model, one fills the tables and the other follows", async () => {
  const path = temporaryPath();
  const [one, two] = [await openSpied(path), await openSpied(path)];
  await append(one.store);
  const followed: number[] = [];

  const building = await one.store.readModel(model());
  const following = await two.store.readModel(model(), { onProgress: ({ done }) => followed.push(done) });
  await Promise.all([building.caughtUp(), following.caughtUp()]);

  const statements = (batches: ModelBatch[]): number => batches.reduce((sum, { runs }) => sum + runs.length, 0);
  expect([statements(one.batches), statements(two.batches)]).toEqual([HISTORY, 0]);
  expect(followed.at(-1)).toBe(HISTORY);
  expect(await following.query(totals)).toEqual(whole);
  for (const { store } of [one, two]) await store.close();
});

test.each([
  ["before it notices", 0],
  ["as it notices when it renews it", 2_000],
])("a builder may lose its lease, and another client build, %s: every event counts once", async (_when, passing) => {
  fakeTime(["Date"]);
  const path = temporaryPath();
  const { store, storage } = await openSpied(path);
  const other = await openSpied(path);
  await append(store);
  let stolen: Promise<void> | undefined;

  const steal = async (): Promise<void> => {
    vi.setSystemTime(Date.now() + passing);
    const now = Date.now();
    const taken = await storage.leases.acquireLease({
      name: BUILDING,
      holder: "x",
      now,
      duration: 60_000,
      force: true,
    });
    if (!taken.held) throw new Error("it was not taken");
    // Applies the next events, as another client with the lease does.
    const { checkpoint } = await (storage.models as NonNullable<EventStorage["models"]>).modelState({
      name: "numbers",
      schema: 1,
    });
    const run = [0, [checkpoint + 1, 1]] as const;
    await storage.models?.applyToModel({
      ...{ name: "numbers", schema: 1, set: "used", from: checkpoint, to: checkpoint + 1, runs: [run], parked: [] },
      texts: [`INSERT INTO "numbers.1.numbers" VALUES (?, ?)`],
      completes: false,
    });
    await storage.leases.releaseLease({ lease: BUILDING, token: taken.token });
  };
  const building = await store.readModel(model(), {
    onProgress({ done, phase }) {
      if (phase === "building" && done > HISTORY / 4) stolen ??= steal();
    },
  });
  await building.caughtUp();
  await stolen;

  expect(stolen).toBeDefined();
  expect(await building.query(totals)).toEqual(whole);
  for (const one of [store, other.store]) await one.close();
});

test("the building lease of a client that died expires, and the next client continues", async () => {
  const { store, storage } = await openSpied(temporaryPath());
  await append(store);
  await storage.leases.acquireLease({ name: BUILDING, holder: "dead", now: Date.now() - 2_700, duration: 3_000 });

  const building = await store.readModel(model());

  expect(building.position).toBe(0);
  expect(await building.query(totals)).toEqual(whole);
  await store.close();
});

test("a client near the head does not wait for the one that builds", async () => {
  const { store, storage } = await openSpied(temporaryPath());
  await append(store, 1_000);
  const now = Date.now();
  await storage.leases.acquireLease({ name: BUILDING, holder: "busy", now, duration: 600_000 });

  expect(await (await store.readModel(model())).caughtUp()).toBe(1_000);
  await store.close();
});

test("tables of an older schema stay until its clients have given no sign of life for five minutes, whatever the clock says", async () => {
  fakeTime(["Date", "setInterval", "clearInterval", "performance"]);
  const { store, storage } = await openSpied(temporaryPath());
  await append(store, 1_000);
  const old = await store.readModel(model(1));
  await old.caughtUp();
  await old.close();
  const sign = (holder: string, now: number): Promise<LeaseOutcome> =>
    storage.leases.acquireLease({ name: `model/numbers.1/${holder}`, holder, now, duration: 300_000 });
  await sign("long gone", Date.now() - 301_000);
  await sign("living", Date.now());

  vi.setSystemTime(Date.now() + 365 * 86_400_000);
  await using newer = await store.readModel(model(2));
  await newer.caughtUp();
  for (let passed = 0; passed < 600_000; passed += 50_000) {
    expect(await old.query(totals)).toEqual([{ count: 1_000, sum: 1_000 }]);
    if (passed % 100_000 === 0) await sign("living", Date.now() - 400 * 86_400_000);
    await vi.advanceTimersByTimeAsync(50_000);
  }
  await vi.advanceTimersByTimeAsync(300_000);

  await failure(old.query(totals), "client-outdated");
  expect(await storage.leases.listLeases({ prefix: "model/numbers.1/", now: 0 })).toEqual([]);
  await store.close();
});

test("tables of an older schema go at once when its last client has left", async () => {
  const { store } = await openSpied(temporaryPath());
  await append(store, 1_000);
  const old = await store.readModel(model(1));
  await old.caughtUp();
  await old.close();

  await using newer = await store.readModel(model(2));
  await newer.caughtUp();

  await vi.waitFor(() => failure(old.query(totals), "client-outdated"));
  await store.close();
});

test("a client that stays open renews its lease, and in time removes the tables that others have left", async () => {
  fakeTime(["Date", "setInterval", "clearInterval"]);
  const { store, storage } = await openSpied(temporaryPath());
  await append(store, 1_000);
  await using old = await store.readModel(model(1));
  await old.caughtUp();
  await using newer = await store.readModel(model(2));
  await newer.caughtUp();

  for (let passed = 0; passed < 1_000_000; passed += 50_000) await vi.advanceTimersByTimeAsync(50_000);
  expect(await old.query(totals)).toEqual([{ count: 1_000, sum: 1_000 }]);
  expect(await storage.leases.listLeases({ prefix: "model/numbers.", now: Date.now() })).toHaveLength(2);
  await old.close();
  await vi.advanceTimersByTimeAsync(100_000);

  await failure(old.query(totals), "client-outdated");
  expect(await newer.query(totals)).toEqual([{ count: 1_000, sum: 1_000 }]);
  await store.close();
});

test("a model whose tables newer code has removed ends with client-outdated", async () => {
  const path = temporaryPath();
  const [older, newer] = [await openSpied(path), await openSpied(path)];
  await append(older.store, 1_000);
  const old = await older.store.readModel(model(1));
  await old.caughtUp();
  // As if it had been suspended for so long that others took it for dead.
  const [lease = ""] = await older.storage.leases.listLeases({ prefix: "model/numbers.1/", now: 0 });
  const taken = await older.storage.leases.acquireLease({ name: lease, holder: "x", now: 0, duration: 1, force: true });
  if (!taken.held) throw new Error("it was not taken");
  await older.storage.leases.releaseLease({ lease, token: taken.token });

  await (await newer.store.readModel(model(2))).caughtUp();

  await vi.waitFor(() => expect(old.error).toMatchObject({ code: "client-outdated" }), { timeout: 60_000 });
  await failure(old.caughtUp(2_000), "client-outdated");
  for (const { store } of [older, newer]) await store.close();
});

test("a checkpoint ahead of the head is refused, both when it is set and when it is loaded", async () => {
  const path = temporaryPath();
  const { store, storage } = await openSpied(path);
  await append(store, 1_000);
  await (await store.readModel(model())).caughtUp();
  const batch = { name: "numbers", schema: 1, set: "used", from: 1_000, to: 1_001 } as const;
  const nothing = { texts: [], runs: [], parked: [], completes: false };
  const applied = storage.models?.applyToModel({ ...batch, ...nothing }) as Promise<unknown>;
  expect((await failure(applied, "invalid-argument")).details).toEqual({ argument: "to" });
  await store.close();
  const database = new Database(path);
  database.exec("UPDATE models SET checkpoint = 1001");
  database.close();

  await using again = await openEventStore(betterSqlite3({ path }));

  const error = await failure(again.readModel(model()), "storage-corrupt");
  expect([error.details, error.message]).toEqual([{ position: 1_001 }, expect.stringContaining('"numbers"')]);
});
