import { openEventStore, type Adapter, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test, vi } from "vitest";
import { temporaryPath } from "../support/temporary.ts";
import { countedQueries, wrapQueries } from "../support/wrapped-queries.ts";

const numbers = table("numbers", "n INTEGER PRIMARY KEY");
const listed = defineReadModel<Event<"counted", { n: number }>>({
  name: "listed",
  tables: [numbers],
  on: { counted: ({ data }) => sql`INSERT INTO ${numbers} VALUES (${data.n})` },
});
const all = sql`SELECT n FROM ${numbers} ORDER BY n`;

/** Each answer to a query is held back until its gate is opened. */
function heldQueries(adapter: Adapter): { adapter: Adapter; gates: (() => void)[] } {
  const gates: (() => void)[] = [];
  const held = wrapQueries(adapter, (original) => async (query) => {
    const answer = await original(query);
    await new Promise<void>((resolve) => gates.push(resolve));
    return answer;
  });
  return { adapter: held, gates };
}

test("however many changes occur while a live query runs, it runs once more, for all listeners", async () => {
  const { adapter, gates } = heldQueries(betterSqlite3());
  await using store = await openEventStore(adapter);
  const model = await store.readModel(listed);
  const live = model.live<{ n: number }>(all);
  const told: (readonly { n: number }[])[] = [];
  for (let listener = 0; listener < 3; listener++) live.subscribe(({ state }) => told.push(state));
  const append = async (n: number): Promise<void> => {
    const { position } = await store.stream("a").append({ type: "counted", data: { n } });
    await model.caughtUp(position);
  };
  await vi.waitUntil(() => gates.length === 1, { timeout: 60_000, interval: 5 });

  for (const n of [1, 2, 3]) await append(n);
  expect(gates).toHaveLength(1);
  gates[0]?.();
  await vi.waitUntil(() => gates.length === 2, { timeout: 60_000, interval: 5 });
  expect([live.state, live.position]).toEqual([[], 0]);
  gates[1]?.();
  await live.caughtUp(3);

  expect([live.state, live.position]).toEqual([[{ n: 1 }, { n: 2 }, { n: 3 }], 3]);
  expect(gates).toHaveLength(2);
  expect(told).toHaveLength(6);
});

const words = table("words", "position INTEGER PRIMARY KEY");
const heard = defineReadModel<Event<"heard", null>>({
  name: "heard",
  tables: [words],
  on: { heard: ({ position }) => sql`INSERT INTO ${words} VALUES (${position})` },
});
const counts = sql`SELECT (SELECT count(*) FROM ${numbers}) AS numbers, (SELECT count(*) FROM ${words}) AS words`;

test("a live query with 1,000 listeners runs once a change", async () => {
  const { adapter, runs } = countedQueries(betterSqlite3());
  await using store = await openEventStore(adapter);
  const live = (await store.readModel(listed)).live(all);
  let told = 0;
  for (let listener = 0; listener < 1_000; listener++) live.subscribe(() => (told += 1));
  await live.caughtUp();
  const [ran, heardOf] = [runs(), told];

  for (let n = 1; n <= 20; n++) {
    const { position } = await store.stream("a").append({ type: "counted", data: { n } });
    await live.caughtUp(position);
  }

  expect([runs() - ran, told - heardOf]).toEqual([20, 20_000]);
});

test.each([
  ["this process", false],
  ["another connection, as another process has", true],
])(
  "a query over two models runs once for a change of either, and not for others, made in %s",
  async (_where, apart) => {
    const path = temporaryPath();
    const { adapter, runs } = countedQueries(betterSqlite3({ path, durability: "normal" }));
    await using store = await openEventStore(adapter);
    await using other = await openEventStore(betterSqlite3({ path, durability: "normal" }));
    const reads = [await store.readModel(listed), await store.readModel(heard)] as const;
    const third = await store.readModel(
      defineReadModel<Event<"other", null>>({
        name: "third",
        tables: [words],
        on: { other: ({ position }) => sql`INSERT INTO ${words} VALUES (${position})` },
      }),
    );
    const live = reads[0].live<{ numbers: number; words: number }>(counts, { reads });
    await live.caughtUp();
    const before = runs();

    let position = 0;
    for (const event of [
      { type: "counted", data: { n: 1 } },
      { type: "heard" },
      { type: "other" },
      { type: "heard" },
    ]) {
      ({ position } = await (apart ? other : store).stream("a").append(event));
      await Promise.all([live.caughtUp(position), third.caughtUp(position)]);
    }

    expect(live.state).toEqual([{ numbers: 1, words: 2 }]);
    expect([runs() - before, live.position]).toEqual([3, position]);
  },
);

test("the position of a query over two models is that of the one further behind", async () => {
  const inner = betterSqlite3();
  let release: (() => void) | undefined;
  const adapter: Adapter = {
    name: inner.name,
    async open() {
      const opened = await inner.open();
      const models = opened.storage.models as NonNullable<typeof opened.storage.models>;
      const applyToModel: typeof models.applyToModel = async (batch) => {
        if (batch.name === "heard" && batch.runs.length > 0) await new Promise<void>((resolve) => (release = resolve));
        return models.applyToModel(batch);
      };
      return { ...opened, storage: { ...opened.storage, models: { ...models, applyToModel } } };
    },
  };
  await using store = await openEventStore(adapter);
  const reads = [await store.readModel(listed), await store.readModel(heard)] as const;
  const live = reads[0].live<{ numbers: number; words: number }>(counts, { reads });
  await store.stream("a").append({ type: "counted", data: { n: 1 } });
  await live.caughtUp(1);
  const told: number[] = [];
  live.subscribe(({ position }) => told.push(position));

  await store.stream("a").append({ type: "heard" });
  await store.stream("a").append({ type: "counted", data: { n: 2 } });
  await vi.waitUntil(() => live.state[0]?.numbers === 2, { timeout: 60_000, interval: 5 });
  expect([live.position, reads[0].position]).toEqual([1, 3]);
  expect(told).toEqual([1]);
  release?.();

  expect(await live.caughtUp(3)).toEqual({ state: [{ numbers: 2, words: 1 }], position: 3 });
});
