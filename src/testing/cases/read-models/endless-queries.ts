import type { Event, EventStore, ReadModel, SqlText } from "../../../index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import { handSignal } from "../../abort.ts";
import { equal, failureOf, fails, ok } from "../../assert.ts";
import { range, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;
type Statement = SqlText;

const rows = table("rows", "n INTEGER PRIMARY KEY, found INTEGER");

/** In milliseconds: every statement here takes longer, on any machine. */
const timeout = 100;

const ENDLESS: Readonly<Record<string, () => Statement>> = {
  recursion: () => sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) AS found FROM c`,
  "recursion without the word": () => ({
    sqlite: sql`WITH c AS (SELECT 1 AS i UNION ALL SELECT 3 - i FROM c) SELECT max(i) FROM c`,
    postgres: sql`WITH RECURSIVE c AS (SELECT 1 AS i UNION ALL SELECT 3 - i FROM c) SELECT max(i) FROM c`,
  }),
  "recursion in order": () => ({
    sqlite: sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c ORDER BY 1) SELECT i FROM c WHERE i < 0`,
    postgres: sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c WHERE i < 0 ORDER BY 1`,
  }),
  "recursion inside": () =>
    sql`SELECT (WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c) SELECT sum(i % 2) FROM c) AS found FROM (SELECT 1) AS one`,
  "one table many times": () =>
    sql`SELECT count(*) FROM ${rows} a, ${rows} b, ${rows} c, ${rows} d, ${rows} e, ${rows} f WHERE a.found + b.found + c.found + d.found + e.found + f.found < 0`,
  "ranges of one table": () =>
    sql`SELECT count(*) FROM ${rows} a, ${rows} b, ${rows} c, ${rows} d, ${rows} e, ${rows} f WHERE b.n > a.n AND c.n > b.n AND d.n > c.n AND e.n > d.n AND f.n > e.n`,
  "one list many times": () => ({
    sqlite: sql`WITH l AS MATERIALIZED (SELECT json_group_array(n) AS list FROM ${rows}) SELECT count(*) FROM l, json_each(list) a, json_each(list) b, json_each(list) c, json_each(list) d`,
    postgres: sql`WITH l AS MATERIALIZED (SELECT array_agg(n) AS list FROM ${rows}) SELECT count(*) FROM l, unnest(list) a, unnest(list) b, unnest(list) c, unnest(list) d`,
  }),
  "a slow function for every row": () => ({
    sqlite: sql`SELECT sum(length(randomblob(n + 2_000_000))) AS found FROM ${rows}`,
    postgres: sql`SELECT sum(length(md5(repeat('x', n::int + 20000000)))) AS found FROM ${rows}`,
  }),
};

/** A single call, in which SQLite looks at no clock, so that where it cannot be killed its values have a limit. */
const LONG_CALLS: Readonly<Record<string, () => Statement>> = {
  "a long series": () => ({
    sqlite: sql`SELECT length(randomblob(1000000001)) AS found`,
    postgres: sql`SELECT count(*) AS found FROM generate_series(1, 1000000000000)`,
  }),
};

/** The same in functions that only SQLite has. */
const SQLITE_CALLS: Readonly<Record<string, () => Statement>> = {
  randomblob: () => sql`SELECT length(randomblob(1000000000)) AS found`,
  "randomblob of a bound length": () => sql`SELECT length(randomblob(${1_000_000_000})) AS found`,
  zeroblob: () => sql`SELECT length(hex(zeroblob(${499_000_000}))) AS found`,
  printf: () => sql`SELECT length(printf('%999999999d', 1)) AS found`,
  "printf of a bound format": () => sql`SELECT length(format(${"%.*c"}, 999999999, 'x')) AS found`,
  replace: () =>
    sql`SELECT length(replace(hex(zeroblob(30000)), '0', replace(hex(zeroblob(8000)), '0', 'x'))) AS found`,
  "a pattern": () =>
    sql`SELECT replace(hex(zeroblob(500000)), '0', 'a') LIKE '%' || replace(hex(zeroblob(20000)), '0', 'a') || 'b' AS found`,
  "an index of a large value": () =>
    sql`SELECT instr(hex(zeroblob(n * 1000)), hex(zeroblob(n * 1000000))) FROM ${rows}`,
};

const statements: Readonly<Record<string, (n: number) => Statement>> = {
  "INSERT from recursion": (n) =>
    sql`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) INSERT INTO ${rows} SELECT ${n + 10_000}, count(*) FROM c`,
  "INSERT of a large value": (n) => ({
    sqlite: sql`INSERT INTO ${rows} VALUES (${n + 10_000}, length(randomblob(999999999)))`,
    postgres: sql`INSERT INTO ${rows} SELECT ${n + 10_000}, count(*) FROM generate_series(1, 1000000000000)`,
  }),
  "UPDATE from recursion": () =>
    sql`UPDATE ${rows} SET found = (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c)`,
};

/** Its table has 300 rows. */
async function openRows(store: EventStore, name: string, statementFor?: (n: number) => Statement): Promise<ReadModel> {
  const numbers = JSON.stringify(range(1, 300));
  const first = {
    sqlite: sql`INSERT INTO ${rows} SELECT value, value FROM json_each(${numbers})`,
    postgres: sql`INSERT INTO ${rows} SELECT value::bigint, value::bigint FROM jsonb_array_elements_text(${numbers}::jsonb)`,
  };
  return store.readModel(
    defineReadModel<Counted>({
      name,
      tables: [rows],
      on: {
        counted: ({ data: { n } }) => (n === 1 ? first : (statementFor?.(n) ?? sql`DELETE FROM ${rows} WHERE n < 0`)),
      },
    }),
    // What ends has time enough.
    { timeout: statementFor === undefined ? 60_000 : 2_000 },
  );
}

const append = async (store: EventStore, n: number): Promise<number> =>
  (await store.stream("a").append({ type: "counted", data: { n } })).position;

/** Everything works as before. */
async function checkUse(store: EventStore, model: ReadModel, what: string): Promise<void> {
  const position = await append(store, 0);
  equal(await model.caughtUp(position), position, `${what}: caught up`);
  equal(await model.query(sql`SELECT count(*) AS n, sum(found) AS sum FROM ${rows}`), [{ n: 300, sum: 45_150 }], what);
}

/** Where the thread of SQLite can be killed, it is; elsewhere values are limited. */
async function refusedOrEnded(asked: Promise<unknown>, what: string): Promise<void> {
  const error = (await failureOf(asked, `${what}: it should have been ended`)) as { code?: string; message?: string };
  const limited = error.code === "invalid-argument" && /64 MiB|1,000 bytes/.test(error.message ?? "");
  ok(limited || error.code === "query-timeout", `${what}: ${error.code} ${error.message}`);
}

export const endlessCases: readonly Case[] = [
  {
    name: "a query that does not end is interrupted after its timeout, and the store goes on",
    needs: "limits",
    async run({ open }) {
      const store = await open();
      const model = await openRows(store, "model");
      await model.caughtUp(await append(store, 1));
      for (const [what, statement] of Object.entries(ENDLESS)) {
        const error = await fails(model.query(statement(), { timeout }), "query-timeout", what);
        equal(error.details, { timeout }, `${what}: details`);
      }
      for (const [what, statement] of Object.entries(LONG_CALLS)) {
        await refusedOrEnded(model.query(statement(), { timeout }), what);
      }
      await checkUse(store, model, "afterwards");
      for (const wrong of [0, -1, 1.5, Number.NaN, "1"]) {
        await fails(model.query(sql`SELECT 1`, { timeout: wrong as number }), "invalid-argument", String(wrong));
      }
    },
  },
  {
    name: "a single call of a function that takes long is ended, or its values are limited",
    needs: "limits",
    dialect: "sqlite",
    async run({ open }) {
      const store = await open();
      const model = await openRows(store, "model");
      await model.caughtUp(await append(store, 1));
      for (const [what, statement] of Object.entries(SQLITE_CALLS)) {
        await refusedOrEnded(model.query(statement(), { timeout }), what);
      }
      await checkUse(store, model, "afterwards");
    },
  },
  {
    name: "queries that end in time give the same rows, however they are run",
    needs: "limits",
    async run({ open }) {
      const store = await open();
      const model = await openRows(store, "model");
      await model.caughtUp(await append(store, 1));
      equal(
        await model.query(
          sql`WITH RECURSIVE c(i) AS (SELECT ${1} UNION ALL SELECT i + 1 FROM c WHERE i < 3)
              SELECT i, i / 2 AS half, ${0.5} AS part, ${"ü"} AS word, ${new Uint8Array([0, 255])} AS bytes, NULL AS empty FROM c`,
          { timeout: 60_000 },
        ),
        [1, 2, 3].map((i) => ({
          i,
          half: Math.floor(i / 2),
          part: 0.5,
          word: "ü",
          bytes: new Uint8Array([0, 255]),
          empty: null,
        })),
        "rows",
      );
      await fails(
        model.query(
          sql`WITH RECURSIVE c AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM c WHERE i < 9) SELECT * FROM c, events`,
        ),
        "invalid-argument",
        "other tables",
      );
      await fails(
        model.query(
          sql`WITH RECURSIVE c AS (SELECT ${1} AS i UNION ALL SELECT i << 8 FROM c WHERE i < ${1} << 56) SELECT * FROM c`,
        ),
        "invalid-argument",
        "beyond 2^53",
      );
      const asked = await Promise.all(
        [1, 2, 3].map((n) =>
          model.query(sql`SELECT count(*) AS n FROM ${rows} a, ${rows} b WHERE a.found > ${n}`, { timeout: 60_000 }),
        ),
      );
      equal(
        asked,
        [1, 2, 3].map((n) => [{ n: (300 - n) * 300 }]),
        "at once",
      );
    },
  },
  {
    name: "a live query whose query does not end is ended after its timeout, and the store goes on",
    needs: "limits",
    async run({ open }) {
      const store = await open();
      const model = await openRows(store, "model");
      await model.caughtUp(await append(store, 1));
      const live = model.live(ENDLESS["recursion"]?.() as Statement, { timeout });
      await fails(live.caughtUp(), "query-timeout", "live");
      equal((live.error as { code?: string }).code, "query-timeout", "error");
      await checkUse(store, model, "afterwards");
    },
  },
  {
    name: "a handler's statement that does not end stops only its model, and nothing of it is written",
    needs: "limits",
    async run({ open }) {
      const store = await open();
      await append(store, 1);
      const model = await openRows(store, "model");
      await model.caughtUp();
      for (const [index, [what, endless]] of Object.entries(statements).entries()) {
        const ends = sql`DELETE FROM ${rows} WHERE n < 0`;
        const stopped = await openRows(store, `model_${index}`, (n) => (n === index + 2 ? endless(n) : ends));
        await stopped.caughtUp();
        const position = await append(store, index + 2);
        const error = await failureOf(stopped.caughtUp(position), `${what}: it should have been ended`);
        equal(stopped.error, error, `${what}: error`);
        const { code } = error as { code?: string };
        ok(code === "query-timeout" || what.startsWith("INSERT of a"), `${what}: ${String(code)}`);
        equal(await stopped.query(sql`SELECT count(*) AS n FROM ${rows}`), [{ n: 300 }], `${what}: rows`);
        await stopped.close();
      }
      await checkUse(store, model, "afterwards");
      const wrong = store.readModel(defineReadModel({ name: "wrong", tables: [rows], on: {} }), { timeout: 0 });
      await fails(wrong, "invalid-argument", "timeout");
    },
  },
  {
    name: "a query's signal rejects at once, also while the query runs",
    needs: "limits",
    async run({ open }) {
      const store = await open();
      const model = await openRows(store, "model");
      await model.caughtUp(await append(store, 1));
      const signal = handSignal();
      const asked = model.query(ENDLESS["recursion"]?.() as Statement, { signal, timeout: 1_000 });
      const failure = failureOf(asked, "it should have been aborted");
      signal.abort("enough");
      equal([await failure, signal.listeners], ["enough", 0], "aborted");
      await checkUse(store, model, "afterwards");
    },
  },
];
