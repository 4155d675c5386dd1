import { openEventStore, type Adapter, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test, vi } from "vitest";

const numbers = table("numbers", "n INTEGER PRIMARY KEY");
const listed = defineReadModel<Event<"counted", { n: number }>>({
  name: "listed",
  tables: [numbers],
  on: { counted: ({ data }) => sql`INSERT INTO ${numbers} VALUES (${data.n})` },
});
const all = sql`SELECT n FROM ${numbers} ORDER BY n`;

/** Answers to queries are held, each until its gate is opened. */
function heldQueries(adapter: Adapter): { adapter: Adapter; gates: (() => void)[] } {
  const gates: (() => void)[] = [];
  const held: Adapter = {
    name: adapter.name,
    async open() {
      const opened = await adapter.open();
      const { models } = opened.storage;
      if (models === undefined) throw new Error("this needs SQL");
      const queryModels: typeof models.queryModels = async (query) => {
        const answer = await models.queryModels(query);
        await new Promise<void>((resolve) => gates.push(resolve));
        return answer;
      };
      return { ...opened, storage: { ...opened.storage, models: { ...models, queryModels } } };
    },
  };
  return { adapter: held, gates };
}

test("however much changes while a live query runs, it runs once more, and for all who listen", async () => {
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
