import type { Event, EventStore, NewEvent, ReadModel, SqlText, StoredEvent } from "../../../index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import type { OutboxEntry } from "../../../adapter.ts";
import { contextOf } from "../../../sync/context-of.ts";
import { createAsk, type AskedRows } from "../../../sync/replica/queries/ask-pending.ts";
import type { PendingItem } from "../../../sync/replica/queries/predictions.ts";
import { equal, fails, ok } from "../../assert.ts";
import { fixedClock } from "../../fixed-clock.ts";
import { range, type Case } from "../../context.ts";

type Moved = Event<"moved", { to: string; by: number; note: string | null }>;

const sums = table("sums", "name TEXT PRIMARY KEY, total REAL NOT NULL, moves INTEGER NOT NULL");
const moves = table(
  "moves",
  "position INTEGER PRIMARY KEY, version INTEGER NOT NULL, name TEXT NOT NULL CHECK (name <> 'nobody'), note TEXT, mark BLOB, at INTEGER NOT NULL",
  { indexes: ["name, position"] },
);

/** One whose note is "throw" fails in the handler, one to "nobody" in its last statement. */
const ledger = defineReadModel<Moved | Event<"cleared", { from: string }>>({
  name: "ledger",
  tables: [sums, moves],
  onError: "park",
  on: {
    moved({ position, version, timestamp, data: { to, by, note } }) {
      if (note === "throw") throw new Error("the handler fails");
      return [
        sql`INSERT INTO ${sums} VALUES (${to}, ${by}, 1) ON CONFLICT (name) DO UPDATE SET total = ${sums}.total + excluded.total, moves = ${sums}.moves + 1`,
        sql`INSERT INTO ${moves} VALUES (${position}, ${version}, ${to}, ${note}, ${new Uint8Array([position, 0, 255])}, ${timestamp})`,
      ];
    },
    cleared: ({ data: { from } }) => [
      sql`DELETE FROM ${moves} WHERE name = ${from}`,
      sql`UPDATE ${sums} SET total = 0 WHERE name = ${from}`,
    ],
  },
});

const everything = sql`SELECT m.position, m.version, m.note, m.mark, m.at, s.name, s.total, s.moves FROM ${sums} s LEFT JOIN ${moves} m ON m.name = s.name ORDER BY s.name, m.position`;

const move = (to: string, by: number, note: string | null = null): NewEvent => ({
  type: "moved",
  data: { to, by, note },
});

const HISTORY: readonly NewEvent[] = [
  ...range(1, 30).map((n) => move(`name ${n % 4}`, n / 8, n % 3 === 0 ? null : `note ${n} 'ü'`)),
  { type: "cleared", data: { from: "name 2" } },
  { type: "other" },
  ...range(1, 9).map((n) => move(`name ${n % 3}`, -n)),
];

/** Makes what a replica predicts: the events of one stream, on top of those that are stored. */
function pendingOf(events: readonly NewEvent[], version: number): readonly PendingItem[] {
  return events.map(({ type, data }, index) => {
    const id = `pending ${index}`;
    const event = {
      position: 0,
      stream: "a",
      version: version + index + 1,
      id,
      type,
      data,
      metadata: {},
      pending: true,
    };
    const entry: OutboxEntry = {
      number: index + 1,
      id,
      streams: ["a"],
      ids: [id],
      body: "",
      timestamp: 1_000,
      rejected: null,
    };
    return {
      entry,
      event: { ...event, schemaVersion: 1, timestamp: 1_000 } as StoredEvent & { readonly pending: true },
    };
  });
}

async function ask(
  store: EventStore,
  model: ReadModel,
  statement: SqlText,
  events: readonly NewEvent[],
  timeout?: number,
): Promise<AskedRows["now"]> {
  const prepared = model._rivulet.prepare(statement, timeout === undefined ? {} : { timeout });
  const head = await store.head();
  const view = { head, items: pendingOf(events, await store.stream("a").version()) };
  return (await createAsk(contextOf(store))(prepared, async () => view)).now;
}

/** Whatever happens, nothing may be left of what was pending. */
async function untouched(store: EventStore, model: ReadModel, work: () => Promise<void>): Promise<void> {
  const { storage } = contextOf(store);
  const models = storage.models as NonNullable<typeof storage.models>;
  const look = async (): Promise<unknown> => [
    await model.query(everything),
    await models.modelState(model._rivulet.key),
    await models.listParked(model._rivulet.key),
    await store.head(),
  ];
  const before = await look();
  await work();
  equal(await look(), before, "nothing is left");
}

async function open(opening: Promise<EventStore>): Promise<{ store: EventStore; model: ReadModel }> {
  const store = await opening;
  return { store, model: await store.readModel(ledger) };
}

async function append(store: EventStore, model: ReadModel, events: readonly NewEvent[]): Promise<void> {
  await store.stream("a").append(events);
  await model.caughtUp();
}

export const pendingEventCases: readonly Case[] = [
  {
    name: "a query with pending events has the rows that the tables have once these are stored, and leaves nothing behind",
    needs: "sql",
    async run(context) {
      const { store, model } = await open(context.open({ clock: fixedClock(1_000) }));
      const asked: AskedRows["now"][] = [];
      for (let stored = 0; stored < HISTORY.length; stored += 8) {
        await untouched(store, model, async () => {
          asked.push(await ask(store, model, everything, HISTORY.slice(stored)));
        });
        await append(store, model, HISTORY.slice(stored, stored + 8));
      }
      const rows = await model.query(everything);
      ok(rows.length > 20, "there are rows");
      for (const [index, now] of asked.entries()) {
        equal(now.rows, rows, `${index * 8} stored`);
        equal(now.pending, HISTORY.slice(index * 8).filter(({ type }) => type !== "other").length, "pending");
        equal(now.failed, [], "failed");
      }
    },
  },
  {
    name: "a pending event that fails in its handler or in a statement is left out of a query as a whole, and the others are in it",
    needs: "sql",
    async run(context) {
      const { store, model } = await open(context.open({ clock: fixedClock(1_000) }));
      await append(store, model, HISTORY.slice(0, 4));
      const pending = [
        move("x", 1),
        move("nobody", 2),
        move("x", 4, "throw"),
        move("x", 8),
        move("nobody", 16),
        move("nobody", 32),
        move("x", 64),
      ];
      await untouched(store, model, async () => {
        const {
          rows,
          pending: count,
          failed,
        } = await ask(store, model, sql`SELECT total, moves FROM ${sums} WHERE name IN ('x', 'nobody')`, pending);
        equal(rows, [{ total: 73, moves: 3 }], "rows");
        equal(
          [count, failed.map(({ eventId }) => eventId).sort()],
          [3, ["pending 1", "pending 2", "pending 4", "pending 5"]],
          "failed",
        );
        ok(
          failed.some(({ message }) => message === "the handler fails"),
          "why the handler",
        );
        ok(
          failed.some(({ message }) => /check/i.test(message)),
          "why the table",
        );
      });
    },
  },
  {
    name: "a pending event is left out as a whole also where its statement keeps the rows before a conflict",
    needs: "sql",
    dialect: "sqlite",
    async run(context) {
      const store = await context.open({ clock: fixedClock(1_000) });
      const conflicts = table("conflicts", "n INTEGER PRIMARY KEY, word TEXT UNIQUE ON CONFLICT FAIL");
      const list = (text: string) => sql`INSERT INTO ${conflicts} SELECT value, value FROM json_each(${text})`;
      const model = await store.readModel(
        defineReadModel<Moved>({
          name: "conflicting",
          tables: [conflicts],
          onError: "park",
          on: {
            moved: ({ data: { to, by } }) => list(to === "fail" ? `[${by}, 1, ${by + 1}]` : `[${by}]`),
          },
        }),
      );
      await append(store, model, [move("a", 1)]);
      const pending = [move("a", 10), move("fail", 20), move("a", 40), move("fail", 50), move("a", 60)];
      const { rows, failed } = await ask(store, model, sql`SELECT n FROM ${conflicts} ORDER BY n`, pending);
      equal(rows, [{ n: 1 }, { n: 10 }, { n: 40 }, { n: 60 }], "rows");
      equal(
        failed.map(({ eventId }) => eventId),
        ["pending 1", "pending 3"],
        "failed",
      );
      equal(await model.query(sql`SELECT n FROM ${conflicts}`), [{ n: 1 }], "nothing is left");
      await append(store, model, [move("a", 10)]);
      equal(await model.query(sql`SELECT n FROM ${conflicts}`), [{ n: 1 }, { n: 10 }], "and on");
    },
  },
  {
    name: "a query that fails on top of pending events leaves nothing behind, and neither do statements that are refused",
    needs: "sql",
    async run(context) {
      const { store, model } = await open(context.open({ clock: fixedClock(1_000) }));
      await append(store, model, HISTORY.slice(0, 4));
      await untouched(store, model, async () => {
        for (const wrong of [
          sql`SELECT nothing FROM ${sums}`,
          sql`SELECT * FROM events`,
          sql`INSERT INTO ${sums} VALUES ('y', 1, 1) RETURNING total`,
          sql`WITH y AS (SELECT 1) DELETE FROM ${sums} WHERE 1 = 1 RETURNING name`,
        ])
          await fails(ask(store, model, wrong, HISTORY), "invalid-argument", "the query");
        const { models } = contextOf(store).storage;
        const prepared = model._rivulet.prepare(sql`SELECT count(*) AS n FROM ${sums}`, {});
        const texts = ["DELETE FROM events", "CREATE TABLE more (n INTEGER)", "SELECT 1", "COMMIT"];
        const answer = await models?.queryModels({
          ...prepared.query,
          overlays: [
            {
              upTo: 4,
              texts,
              runs: texts.map((_, text) => [text, []] as const),
              events: texts.map((_, index) => [5 + index, 1] as const),
            },
          ],
        });
        equal(answer?.rows, [[4]], "rows");
        equal(Array.isArray(answer?.overlaid) && answer.overlaid.map(({ event }) => event), [0, 1, 2, 3], "refused");
      });
      await append(store, model, HISTORY.slice(4, 8));
      equal(await store.head(), 8, "and on");
    },
  },
  {
    name: "an overlay skips the events that the tables have, and is of no use for tables that are beyond it",
    needs: "sql",
    async run(context) {
      const { store, model } = await open(context.open({ clock: fixedClock(1_000) }));
      await append(store, model, [move("x", 1), move("x", 2)]);
      const { models } = contextOf(store).storage;
      const prepared = model._rivulet.prepare(sql`SELECT total FROM ${sums}`, {});
      const one = prepared.query;
      const statement = model._rivulet.model.statementsFor(
        (await store.read().toArray())[1] as StoredEvent,
        "used",
      )[0] as { text: string; values: readonly (string | number)[] };
      const overlay = (upTo: number, ...positions: readonly number[]) => ({
        upTo,
        texts: [statement.text],
        runs: positions.map(() => [0, statement.values] as const),
        events: positions.map((position) => [position, 1] as const),
      });
      await untouched(store, model, async () => {
        equal((await models?.queryModels({ ...one, overlays: [overlay(3, 2, 3, 4)] }))?.rows, [[7]], "skipped");
        const answer = await models?.queryModels({ ...one, overlays: [overlay(1, 2, 3)] });
        equal([answer?.overlaid, answer?.rows, answer?.checkpoints], ["moved", [], [2]], "moved");
      });
    },
  },
  {
    name: "a query on top of pending events that does not end is interrupted after its timeout, leaves nothing behind, and the store goes on",
    needs: "limits",
    async run(context) {
      const { store, model } = await open(context.open({ clock: fixedClock(1_000) }));
      await append(store, model, HISTORY.slice(0, 4));
      await untouched(store, model, async () => {
        const endless = sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) AS found FROM c`;
        await fails(ask(store, model, endless, HISTORY, 100), "query-timeout", "the query");
      });
      await append(store, model, HISTORY.slice(4, 8));
      equal(await store.head(), 8, "and on");
    },
  },
];
