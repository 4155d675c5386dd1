import { createHook } from "node:async_hooks";
import { memory, openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineReadModel, sql, table } from "rivulet/read-models";
import Database from "better-sqlite3";
import { expect, onTestFinished, test, vi } from "vitest";
import { recordStatements } from "../support/statements.ts";
import { temporaryPath } from "../support/temporary.ts";

const NOTED = { type: "noted", data: { text: "something" } };

/** How often to repeat work, so that a promise of the test itself does not count. */
const TIMES = 200;

async function open(): Promise<EventStore> {
  const store = await openEventStore(betterSqlite3({ path: temporaryPath(), durability: "normal" }));
  onTestFinished(() => store.close());
  await store.stream("one").append(NOTED);
  return store;
}

/** Counts the promises that are made while some work runs. */
async function promisesOf(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === "PROMISE") count += 1;
    },
  });
  hook.enable();
  await work();
  hook.disable();
  return count;
}

/** Starts loops over the stream, which end with the store. `arrived` resolves when each has got one event more. */
function startLoops(store: EventStore, loops: number): { arrived: () => Promise<void> } {
  let left = 0;
  let done = (): void => undefined;
  const loop = async (): Promise<void> => {
    const { signal } = new AbortController();
    for await (const event of store.stream("one").watch({ after: "head", signal })) {
      if (event.version > 0 && --left === 0) done();
    }
  };
  // They reject when the store closes.
  for (let index = 0; index < loops; index++) loop().catch(() => undefined);
  return {
    arrived: () =>
      new Promise((resolve) => {
        left = loops;
        done = resolve;
      }),
  };
}

test("an append that is awaited alone takes five promises at most, its await included", async () => {
  const store = await open();
  const stream = store.stream("one");

  const promises = await promisesOf(async () => {
    for (let count = 0; count < TIMES; count++) await stream.append(NOTED);
  });

  expect(promises / TIMES).toBeLessThan(5.5);
});

test("appends that are made at once take one promise each, and one of Promise.all", async () => {
  const store = await open();
  const stream = store.stream("one");

  const promises = await promisesOf(() => Promise.all(Array.from({ length: TIMES }, () => stream.append(NOTED))));

  expect(promises / TIMES).toBeLessThan(2.5);
});

test("an event takes one promise for each loop that gets it, and one for its await", async () => {
  const store = await open();
  const { arrived } = startLoops(store, TIMES);
  await store.head();
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  for (let warm = 0; warm < 3; warm++) await Promise.all([arrived(), store.stream("one").append(NOTED)]);

  const promises = await promisesOf(() => Promise.all([arrived(), store.stream("one").append(NOTED)]));

  expect(promises / TIMES).toBeLessThan(2.2);
});

test.each([1, 5, 1000])(
  "a commit of %i events costs the watchers of its process no query, and one parsed text",
  async (events) => {
    const store = await open();
    const statements = recordStatements();
    const { arrived } = startLoops(store, 20);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    await Promise.all([arrived(), store.stream("one").append(NOTED)]);
    statements.clear();
    const parse = vi.spyOn(JSON, "parse");
    onTestFinished(() => parse.mockRestore());

    const all = arrived();
    await store.stream("one").append(Array.from({ length: events }, () => NOTED));
    await all;

    expect(statements.all.filter((one) => one.startsWith("SELECT"))).toEqual([]);
    expect(parse).toHaveBeenCalledTimes(1);
  },
);

test("a handled event takes one promise beside its handler's, and a checkpoint few statements", async () => {
  const statements = recordStatements();
  const store = await openEventStore(betterSqlite3({ path: temporaryPath() }));
  onTestFinished(() => store.close());
  await store.stream("one").append(Array.from({ length: 4_000 }, () => NOTED));
  const consume = async (name: string): Promise<void> => {
    await using consumer = store.consume(defineConsumer({ name, handler: async () => undefined }));
    await consumer.caughtUp(4_000);
  };
  await consume("warm");
  statements.clear();

  const promises = await promisesOf(() => consume("measured"));

  const checkpoints = statements.all.filter((one) => one.startsWith("INSERT OR REPLACE INTO checkpoints")).length;
  const others = statements.all.filter((one) => !one.includes("group_concat"));
  expect(checkpoints).toBe(40);
  expect(promises / 4_000).toBeLessThan(2.4);
  expect(others.length / checkpoints).toBeLessThan(10);
});

test("a read model prepares its statements once, and a batch of a thousand runs few others", async () => {
  const statements = recordStatements();
  const store = await open();
  const texts = table("texts", "position INTEGER PRIMARY KEY, text TEXT NOT NULL");
  const counted: { prepared: number; batches: number; others: number; of: number }[] = [];

  for (const [round, events] of [2_000, 12_000].entries()) {
    for (let done = 0; done < events; done += 1_000)
      await store.stream("one").append(Array.from({ length: 1_000 }, () => NOTED));
    statements.clear();
    const prepare = vi.spyOn(Database.prototype, "prepare");
    await using model = await store.readModel(
      defineReadModel({
        name: "texts",
        schema: round + 1,
        tables: [texts],
        on: { noted: ({ position }) => sql`INSERT INTO ${texts} VALUES (${position}, ${"text"})` },
      }),
    );
    const of = await model.caughtUp();
    const inserts = statements.all.filter((one) => one.startsWith('INSERT INTO "texts.'));
    expect(inserts.join().split("(").length - 1, "each row once").toBe(of);
    expect(inserts.length, "many rows in a statement").toBeLessThan(of / 40);
    counted.push({
      prepared: prepare.mock.calls.length,
      batches: statements.all.filter((one) => one.startsWith("UPDATE models SET checkpoint")).length,
      others: statements.all.length - inserts.length,
      of,
    });
    prepare.mockRestore();
  }

  const [few, many] = counted as [(typeof counted)[0], (typeof counted)[0]];
  expect(many.prepared).toBeLessThanOrEqual(few.prepared);
  expect(many.of / many.batches).toBeGreaterThan(900);
  // Five pages, each with its look-up of types, and the transaction.
  expect((many.others - few.others) / (many.batches - few.batches)).toBeLessThan(25);
});

test("events that come with a commit are the same as those that are read", async () => {
  const store = await open();
  const seen: StoredEvent[] = [];
  const watching = (async () => {
    for await (const event of store.watch({ after: 1 })) if (seen.push(event) === 8) return;
  })();
  await store.head();
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  const known = { ...NOTED, id: "an id of its own" };
  const other = { type: 'a "type"', id: "01890A5D-AC96-774B-BCCE-B302099A8057", metadata: { "☂": "\ud83c\udf27 \\" } };

  await store.append([
    { stream: 'a "stream" \\ ☂', events: [known, other, { type: "without-data" }] },
    { stream: "one", events: { type: "null", data: null } },
  ]);
  await Promise.all([
    store.stream('a "stream" \\ ☂').append([known, { type: "after-one-that-is-known", data: [1, { a: -0 }] }]),
    store
      .stream("one")
      .append({ type: "late" }, { expectedVersion: 1 })
      .catch(() => undefined),
    store.stream("one").append([
      { type: "x", data: "\u2028" },
      { type: "y", data: 1e21 },
    ]),
    store.stream("two").append({ type: "z", data: { __proto__: null, deep: [[["text"]]] } }),
  ]);
  await watching;

  expect(seen).toEqual(await store.read({ after: 1 }).toArray());
  expect(seen.map(({ position }) => position)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
});

test("the result of an append has its events as a property of its own, which is computed once", async () => {
  await using store = await openEventStore(memory());

  const result = await store.stream("one").append(NOTED);

  expect(Object.keys(result)).toEqual(["version", "position", "deduplicated", "events"]);
  expect(result.events).toBe(result.events);
  expect({ ...result }).toMatchObject({ version: 1, events: [NOTED] });
  expect(JSON.parse(JSON.stringify(result))).toMatchObject({ position: 1, events: [NOTED] });
  expect(structuredClone(result)).toMatchObject({ deduplicated: 0, events: [NOTED] });
  // Frameworks wrap what components keep in a proxy, through which private fields cannot be read.
  expect(new Proxy(result, {}).events).toEqual([expect.objectContaining(NOTED)]);
  const binding = new Proxy(result, {
    get(target, key, proxy) {
      const value: unknown = Reflect.get(target, key, proxy);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  expect(binding.events).toEqual([expect.objectContaining(NOTED)]);
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
});
