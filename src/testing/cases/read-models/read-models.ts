import type { Event, EventStore, ReadModel } from "../../../index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import { handSignal } from "../../abort.ts";
import { equal, failureOf, fails } from "../../assert.ts";
import { numbered, range, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

const sums = table("sums", "stream TEXT PRIMARY KEY, count INTEGER NOT NULL, sum INTEGER NOT NULL", {
  indexes: ["sum"],
});

const on = {
  counted: ({ stream, data }: { readonly stream: string; readonly data: { n: number } }) =>
    sql`INSERT INTO ${sums} VALUES (${stream}, 1, ${data.n}) ON CONFLICT (stream) DO UPDATE SET count = ${sums}.count + 1, sum = ${sums}.sum + excluded.sum`,
};

const totals = defineReadModel<Counted>({ name: "totals", tables: [sums], on });

const all = (model: ReadModel): Promise<unknown[]> => model.query(sql`SELECT * FROM ${sums} ORDER BY stream`);

const sumOf = (n: number): number => (n * (n + 1)) / 2;

async function appendTo(store: EventStore, stream: string, count: number, first = 1): Promise<number> {
  return (await store.stream(stream).append(numbered(count, first))).position;
}

export const readModelCases: readonly Case[] = [
  {
    name: "a read model's tables contain the effects of every event, from history and live",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await appendTo(store, "a", 3);
      const model = await store.readModel(totals);
      equal(await model.caughtUp(), 3, "caught up");
      equal(await all(model), [{ stream: "a", count: 3, sum: 6 }], "history");
      const position = await appendTo(store, "b", 2);
      await model.caughtUp(position);
      equal(
        await model.query(sql`SELECT sum FROM ${sums} WHERE stream = ${"b"}`),
        [{ sum: 3 }],
        "what was just appended",
      );
      await store.stream("b").append({ type: "other" });
      equal(await model.caughtUp(), 6, "past events of no concern");
      equal([model.name, model.schema, model.position, model.error], ["totals", 1, 6, undefined], "the model");
      equal(await store.read({ limit: 1 }).toArray(), await store.read({ upTo: 1 }).toArray(), "events are untouched");
    },
  },
  {
    name: "a long history is handled in several transactions, and progress is reported up to the head",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      for (const round of range(0, 4)) await appendTo(store, `s${round % 2}`, 1_000, round * 1_000 + 1);
      const progress: number[] = [];
      const model = await store.readModel(totals, {
        onProgress({ done, total }) {
          equal(total, 5_000, "total");
          progress.push(done);
        },
      });
      await model.caughtUp();
      equal([progress.length > 2, progress.at(-1)], [true, 5_000], "progress");
      equal(
        progress,
        [...progress].sort((a, b) => a - b),
        "in order",
      );
      const rows = (await all(model)) as { count: number; sum: number }[];
      equal(
        [rows.map(({ count }) => count), rows.reduce((sum, row) => sum + row.sum, 0)],
        [[3_000, 2_000], sumOf(5_000)],
        "rows",
      );
    },
  },
  {
    name: "events that several stores handle at once are in the tables exactly once",
    needs: ["sql", "alongside"],
    async run({ open, alongside }) {
      const store = await open();
      await appendTo(store, "a", 3_000);
      const others = [await alongside(store), await alongside(store)];
      const models = await Promise.all([store, ...others].map((one) => one.readModel(totals)));
      const positions = await Promise.all(
        range(1, 30).map((n) => appendTo([store, ...others][n % 3] as EventStore, "a", 2, 3_000 + 2 * n - 1)),
      );
      for (const model of models) {
        await model.caughtUp(Math.max(...positions));
        equal(await all(model), [{ stream: "a", count: 3_060, sum: sumOf(3_060) }], "rows");
      }
      // One that was opened late finds everything done.
      const late = await (await alongside(store)).readModel(totals);
      await late.caughtUp();
      equal(await all(late), [{ stream: "a", count: 3_060, sum: sumOf(3_060) }], "rows, seen late");
    },
  },
  {
    name: "a read model goes on from its checkpoint when the store is opened again",
    needs: ["sql", "reopen"],
    async run({ open, reopen }) {
      const store = await open();
      await appendTo(store, "a", 10);
      await (await store.readModel(totals)).caughtUp();
      await appendTo(store, "a", 5, 11);
      await store.close();
      const again = await reopen(store);
      const model = await again.readModel(totals);
      await model.caughtUp();
      equal(await all(model), [{ stream: "a", count: 15, sum: sumOf(15) }], "rows");
    },
  },
  {
    name: "another schema has tables of its own, filled from the start, beside the old ones",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await appendTo(store, "a", 4);
      const old = await store.readModel(totals);
      await old.caughtUp();
      const doubled = table("sums", "stream TEXT PRIMARY KEY, twice INTEGER NOT NULL");
      const next = await store.readModel(
        defineReadModel<Counted>({
          name: "totals",
          schema: 2,
          tables: [doubled],
          on: {
            counted: ({ stream, data }) =>
              sql`INSERT INTO ${doubled} VALUES (${stream}, ${2 * data.n}) ON CONFLICT (stream) DO UPDATE SET twice = ${doubled}.twice + excluded.twice`,
          },
        }),
      );
      await next.caughtUp();
      equal(await next.query(sql`SELECT * FROM ${doubled}`), [{ stream: "a", twice: 20 }], "schema 2");
      equal(await all(old), [{ stream: "a", count: 4, sum: 10 }], "schema 1");
      const changed = table("sums", "stream TEXT PRIMARY KEY");
      const wrong = store.readModel(
        defineReadModel<Counted>({ name: "totals", tables: [changed], on: { counted: () => [] } }),
      );
      equal((await fails(wrong, "invalid-argument", "other tables")).details.argument, "schema", "argument");
    },
  },
  {
    name: "a rebuilt read model has the same rows as before, whatever was done to its tables",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await appendTo(store, "a", 2_500);
      const model = await store.readModel(totals);
      await model.caughtUp();
      const before = await all(model);
      await model.rebuild();
      equal(await all(model), before, "rebuilt");
      await model.caughtUp(await appendTo(store, "a", 1, 2_501));
      equal(await all(model), [{ stream: "a", count: 2_501, sum: sumOf(2_501) }], "and on");
    },
  },
  {
    name: "a handler that fails stops the model before its event, and leaves the store unharmed",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const list = table("list", "n INTEGER PRIMARY KEY");
      const insert = ({ data }: { data: { n: number } }): ReturnType<typeof sql> =>
        sql`INSERT INTO ${list} VALUES (${data.n})`;
      const handlers = {
        throwing: (event: { data: { n: number } }) => (event.data.n === 3 ? raise() : insert(event)),
        constrained: (event: { data: { n: number } }) =>
          event.data.n === 3 ? [insert(event), insert(event)] : insert(event),
        nothing: (event: { data: { n: number } }) => (event.data.n === 3 ? (undefined as never) : insert(event)),
        untagged: (event: { data: { n: number } }) => (event.data.n === 3 ? ("DELETE" as never) : insert(event)),
        several: (event: { data: { n: number } }) =>
          event.data.n === 3 ? sql`DELETE FROM ${list}; DELETE FROM ${list}` : insert(event),
        syntax: (event: { data: { n: number } }) =>
          event.data.n === 3 ? sql`DELETE FROM ${list} WHERE` : insert(event),
        structure: (event: { data: { n: number } }) => (event.data.n === 3 ? sql`DROP TABLE ${list}` : insert(event)),
        reading: (event: { data: { n: number } }) =>
          event.data.n === 3 ? sql`INSERT INTO ${list} SELECT position FROM events` : insert(event),
        foreign: (event: { data: { n: number } }) => (event.data.n === 3 ? sql`DELETE FROM events` : insert(event)),
        disguised: (event: { data: { n: number } }) =>
          event.data.n === 3
            ? sql`WITH x AS (SELECT 1) UPDATE events SET data = ${"1"} WHERE position = 1`
            : insert(event),
        replaced: (event: { data: { n: number } }) =>
          event.data.n === 3 ? sql`REPLACE INTO models SELECT name, schema, tables, 0 FROM models` : insert(event),
      };
      await store.stream("a").append(numbered(1));
      const models = [];
      for (const [name, counted] of Object.entries(handlers)) {
        const model = await store.readModel(defineReadModel<Counted>({ name, tables: [list], on: { counted } }));
        await model.caughtUp();
        models.push(model);
      }
      await store.stream("a").append(numbered(4, 2));
      const before = await store.read().toArray();
      for (const model of models) {
        const { name } = model;
        const { details } = await fails(model.caughtUp(), "projection-failed", name);
        equal([details.name, details.position, details.eventId], [name, 3, before[2]?.id], name);
        equal(await model.query(sql`SELECT n FROM ${list}`), [{ n: 1 }, { n: 2 }], `${name}: what came before`);
        equal(
          [model.position, (model.error as { code?: string }).code],
          [2, "projection-failed"],
          `${name}: the model`,
        );
      }
      equal(await store.read().toArray(), before, "events");
    },
  },
  {
    name: "a statement that would change anything, or is not a query, is refused",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await appendTo(store, "a", 1);
      const model = await store.readModel(totals);
      await model.caughtUp();
      for (const query of [
        sql`DELETE FROM ${sums}`,
        sql`WITH x AS (SELECT 1) DELETE FROM ${sums} RETURNING *`,
        sql`PRAGMA query_only = 0`,
        sql`SELECT 1; DELETE FROM ${sums}`,
        sql`SELECT * FROM missing`,
        sql`SELECT * FROM events`,
        sql`SELECT * FROM ${sums} WHERE count < (SELECT count(*) FROM streams)`,
        sql`SELECT * FROM sqlite_schema`,
        sql`SELECT * FROM`,
        sql`SELECT * FROM ${table("sums", "stream TEXT")}`,
        "SELECT 1" as never,
      ]) {
        await fails(model.query(query), "invalid-argument", JSON.stringify(query));
      }
      equal(await all(model), [{ stream: "a", count: 1, sum: 1 }], "rows");
      equal(
        await model.query(sql`SELECT ';' AS semicolon, ${true} AS yes, ${null} AS empty -- ; no more`),
        [{ semicolon: ";", yes: 1, empty: null }],
        "values",
      );
      await appendTo(store, "a", 1);
      equal(await model.caughtUp(), 2, "writing goes on");
    },
  },
  {
    name: "values are bound and never become SQL",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const evil = "x'); DELETE FROM events; --";
      await store.stream(evil).append(numbered(1));
      const model = await store.readModel(totals);
      await model.caughtUp();
      equal(await model.query(sql`SELECT stream FROM ${sums} WHERE stream = ${evil}`), [{ stream: evil }], "row");
      equal(await store.head(), 1, "head");
    },
  },
  {
    name: "invalid definitions of read models are refused",
    async run() {
      const good = { name: "x", tables: [sums], on: {} };
      for (const [wrong, argument] of [
        [{ name: "a b" }, "name"],
        [{ name: 'x"' }, "name"],
        [{ schema: 0 }, "schema"],
        [{ tables: [] }, "tables"],
        [{ tables: [sums, table("sums", "n INTEGER")] }, "tables"],
        [{ on: { counted: 1 } }, "on.counted"],
      ] as const) {
        const error = await fails(() => defineReadModel({ ...good, ...wrong } as never), "invalid-argument", argument);
        equal(error.details.argument, argument, "argument");
      }
      await fails(() => table("1a", "n INTEGER"), "invalid-argument", "a table's name");
      await fails(() => table("a", "n INTEGER); DROP TABLE events; --"), "invalid-argument", "a table's columns");
      for (const value of [undefined, 1n, Number.NaN, () => 1]) {
        await fails(() => sql`SELECT ${value as never}`, "invalid-argument", String(value));
      }
    },
  },
  {
    name: "a read model ends with its signal, with its store, and when it is closed; its tables stay",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const signal = handSignal();
      const models = [
        await store.readModel(totals, { signal }),
        await store.readModel(totals),
        await store.readModel(totals),
      ];
      for (const model of models) await model.caughtUp();
      const waits = models.map((model) => failureOf(model.caughtUp(1), "nothing was appended"));
      signal.abort("enough");
      equal([await waits[0], signal.listeners], ["enough", 0], "aborted");
      await models[1]?.close();
      equal(((await waits[1]) as { code?: string }).code, "store-closed", "closed");
      equal(models[1]?.error, undefined, "closing is no error");
      equal(await (models[1] as ReadModel).query(sql`SELECT count(*) AS n FROM ${sums}`), [{ n: 0 }], "still asked");
      await store.close();
      equal(((await waits[2]) as { code?: string }).code, "store-closed", "the store closed");
      await fails(store.readModel(totals), "store-closed", "readModel");
    },
  },
];

function raise(): never {
  throw new Error("three is too many");
}
