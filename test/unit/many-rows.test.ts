import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import {
  defineReadModel,
  sql,
  table,
  type ReadModel,
  type SqlInput,
  type ReadModelHandlers,
  type SqlTable,
} from "rivulet/read-models";
import { expect, test } from "vitest";
import { failure } from "../support/outcome.ts";

type Moved = Event<"moved", { key: number; by: number; note: string | null }>;

/** More than a page, and many times as many as one statement writes. */
const COUNT = 700;

/** So few that each statement runs by itself. */
const FEW = 20;

const one = table("one", "key INTEGER PRIMARY KEY, total REAL NOT NULL, times INTEGER NOT NULL, note TEXT");
const other = table("other", "position INTEGER PRIMARY KEY, key INTEGER, note TEXT UNIQUE");
const rows = table("rows", "id INTEGER PRIMARY KEY, key ANY, note ANY");
const tables: readonly SqlTable[] = [one, other, rows];

const bump = (key: number, by: number) =>
  sql`INSERT INTO ${one} VALUES (${key}, ${by}, 1, NULL) ON CONFLICT (key) DO UPDATE SET total = total + excluded.total, times = times + 1`;
const add = (key: SqlInput | undefined, text: SqlInput) =>
  sql`INSERT INTO ${rows} (key, note) VALUES (${key ?? null}, ${text})`;

type Handler = NonNullable<ReadModelHandlers<Moved>["moved"]>;

/** Handlers whose statements depend on those before them in some way. */
const handlers: Readonly<Record<string, Handler>> = {
  "an upsert": ({ data: { key, by } }) => bump(key, by),
  "rows that get their numbers": ({ data: { key, note: text } }) => add(key, text),
  "values of every type": ({ position, data: { by } }) =>
    add([by, by / 3, null, "text", new Uint8Array([by & 255]), -0, 2 ** 53 - 1][position % 7], position % 2 === 0),
  "a literal of every kind": () => sql`INSERT INTO ${rows} (key, note) VALUES (-1.5, 'a -- "?" b')`,
  "a row that is ignored": ({ data: { key } }) => sql`INSERT OR IGNORE INTO ${one} VALUES (${key}, 1, 1, 'first')`,
  "a row that replaces another": ({ position, data: { key } }) =>
    sql`INSERT OR REPLACE INTO ${other} (position, key, note) VALUES (${position}, ${key}, ${`note ${key}`})`,
  "the same in short": ({ position, data: { key } }) => sql`REPLACE INTO ${one} VALUES (${key}, ${position}, 1, NULL)`,
  "a row that counts the others": ({ position }) =>
    sql`INSERT INTO ${one} VALUES (${position}, (SELECT count(*) FROM ${one}), 1, NULL)`,
  "an upsert that looks at other rows": ({ data: { key, by } }) =>
    sql`INSERT INTO ${one} VALUES (${key}, ${by}, 1, NULL) ON CONFLICT (key) DO UPDATE SET total = (SELECT sum(times) FROM ${one}), times = times + 1`,
  "an upsert that looks for its row in a list": ({ data: { key, by } }) =>
    sql`INSERT INTO ${one} VALUES (${key}, ${by}, 1, NULL) ON CONFLICT (key) DO UPDATE SET times = times + 1 WHERE key IN (SELECT key FROM ${one} WHERE times < 9)`,
  "an upsert with a value after its row": ({ data: { key, by } }) =>
    sql`INSERT INTO ${one} VALUES (${key}, ${by}, 1, NULL) ON CONFLICT (key) DO UPDATE SET total = total + ${by}`,
  "two tables in turn": ({ position, data: { key, by, note: text } }) => [
    bump(key, by),
    sql`INSERT INTO ${other} VALUES (${position}, ${key}, ${text && text + position})`,
  ],
  "two statements for one table": ({ data: { key, by } }) => [
    bump(key, by),
    sql`INSERT INTO ${one} VALUES (${(key + 1) % 40}, 0, 0, NULL) ON CONFLICT (key) DO UPDATE SET total = total * 2, note = total`,
  ],
  "one that copies what others wrote": ({ position, data: { key, by } }) =>
    position % 9 === 0
      ? sql`INSERT INTO ${other} SELECT ${position}, sum(times), NULL FROM ${one}`
      : [bump(key, by), add(key, null)],
  "one that removes what others wrote": ({ position, data: { key, by } }) =>
    position % 60 === 0 ? sql`DELETE FROM ${one} WHERE key < ${key}` : [bump(key, by), add(key, by)],
  "lists of which some are empty": ({ position, data: { key, by } }) => (position % 3 === 0 ? [] : [bump(key, by)]),
};

const events = Array.from({ length: COUNT }, (_, index) => ({
  type: "moved" as const,
  data: { key: (index * 7919) % 40, by: index % 11, note: index % 5 === 0 ? null : `note ${index}` },
}));

async function open(handler: Handler, onError?: "park") {
  const store = await openEventStore(betterSqlite3());
  const definition = defineReadModel<Moved>({ name: "moves", tables, on: { moved: handler }, onError });
  return { store, stream: store.stream<Moved>("a"), definition };
}

async function contents(model: ReadModel): Promise<unknown> {
  await model.caughtUp();
  return Promise.all(tables.map((each) => model.query(sql`SELECT * FROM ${each} ORDER BY 1`)));
}

test.each(Object.entries(handlers))(
  "a model has the same rows of a long history as of a few events at a time: %s",
  async (_what, handler) => {
    const [few, many] = [await open(handler), await open(handler)];
    const slow = await few.store.readModel(few.definition);
    for (let first = 0; first < COUNT; first += FEW) {
      await few.stream.append(events.slice(first, first + FEW));
      await slow.caughtUp();
    }
    await many.stream.append(events);
    const fast = await many.store.readModel(many.definition);

    const expected = await contents(slow);
    expect(expected).not.toEqual([[], [], []]);
    expect(await contents(fast)).toEqual(expected);
    for (const { store } of [few, many]) await store.close();
  },
);

/** Statements of two tables, of which one fails at some events; the other's table is written first. */
const failing: Handler = ({ position, data: { key, by } }) => [
  sql`INSERT INTO ${other} VALUES (${position}, ${key}, ${BAD.has(position) ? "the same" : null})`,
  bump(key, by),
];
const BAD = new Set([100, 431, 432, 600]);

test("a statement that fails in a long history ends the model at its event, after all statements before it", async () => {
  const { store, stream, definition } = await open(failing);
  const model = await store.readModel(definition);
  await stream.append(events);

  const { details } = await failure(model.caughtUp(), "projection-failed");

  expect(details.position).toBe(431);
  const counts = sql`SELECT (SELECT count(*) FROM ${other}) AS other, (SELECT sum(times) FROM ${one}) AS one`;
  expect(await model.query(counts)).toEqual([{ other: 430, one: 430 }]);
  await store.close();
});

test("events whose statements fail in a long history are parked, and all others are in the tables", async () => {
  const { store, stream, definition } = await open(failing, "park");
  await stream.append(events);
  const model = await store.readModel(definition);
  await model.caughtUp();

  const counts = sql`SELECT (SELECT count(*) FROM ${other}) AS other, (SELECT sum(times) FROM ${one}) AS one`;
  expect((await model.parked()).map(({ position }) => position)).toEqual([431, 432, 600]);
  expect(await model.query(counts)).toEqual([{ other: COUNT - 3, one: COUNT - 3 }]);
  await store.close();
});
