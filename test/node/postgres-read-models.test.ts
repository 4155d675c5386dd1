import { openEventStore, type Event, type EventStore, type SqlText } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { describe, expect, onTestFinished, test } from "vitest";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { createRandom } from "../support/random.ts";

type Counted = Event<"counted", { n: number }>;
type Said = Event<"said", { text: string }>;

const numbers = table("numbers", "n INTEGER PRIMARY KEY, word TEXT");
const counted = (count: number): Counted[] =>
  Array.from({ length: count }, (_, index) => ({ type: "counted", data: { n: index + 1 } }));

describe.skipIf(mayBeLeftOut())("read models in PostgreSQL", () => {
  const server = usePostgres();
  let count = 0;

  async function open(schema = `models_${++count}`): Promise<EventStore> {
    const store = await openEventStore(postgres({ connectionString: server().connectionString, schema }));
    onTestFinished(() => store.close());
    return store;
  }

  async function openNumbers(store: EventStore) {
    const model = await store.readModel(
      defineReadModel<Counted>({
        name: "numbers",
        tables: [numbers],
        on: { counted: ({ data: { n } }) => sql`INSERT INTO ${numbers} VALUES (${n}, ${`word ${n}`})` },
      }),
    );
    await model.caughtUp();
    return model;
  }

  test("results of all types are the values that SQLite would give, and text where it has no such type", async () => {
    const model = await openNumbers(await open());

    for (const [statement, value] of [
      [sql`SELECT 1::smallint AS value`, 1],
      [sql`SELECT 1.50::numeric AS value`, 1.5],
      [sql`SELECT sum(n) AS value FROM (VALUES (1::bigint), (2)) AS v (n)`, 3],
      [sql`SELECT avg(n) AS value FROM (VALUES (1), (2)) AS v (n)`, 1.5],
      [sql`SELECT 'NaN'::numeric AS value`, Number.NaN],
      [sql`SELECT '-0'::double precision AS value`, 0],
      [sql`SELECT 0.1::real AS value`, 0.1],
      [sql`SELECT true AS value`, 1],
      [sql`SELECT 1 > 2 AS value`, 0],
      [sql`SELECT decode('00ff', 'hex') AS value`, new Uint8Array([0, 255])],
      [sql`SELECT date '2026-01-02' AS value`, "2026-01-02"],
      [sql`SELECT timestamptz '2026-01-02 03:04:05+02' AS value`, "2026-01-02 01:04:05+00"],
      [sql`SELECT interval '1 day 2 hours' AS value`, "1 day 02:00:00"],
      [sql`SELECT '{"b": 1, "a": [null]}'::jsonb AS value`, '{"a": [null], "b": 1}'],
      [sql`SELECT ARRAY[1, 2] AS value`, "{1,2}"],
      [sql`SELECT 'a'::char(3) AS value`, "a  "],
      [sql`SELECT ${"2026-01-02"}::date + ${1}::int AS value`, "2026-01-03"],
    ] as const) {
      expect(await model.query(statement)).toEqual([{ value }]);
    }
    for (const large of [sql`SELECT 123456789012345678.99 AS value`, sql`SELECT 9007199254740992::numeric AS value`]) {
      await expect(model.query(large)).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  test("results do not depend on settings of the database or the role", async () => {
    const schema = "under_settings";
    const model = await openNumbers(await open(schema));
    await model.close();
    await server().query("CREATE ROLE french LOGIN SUPERUSER");
    for (const setting of [
      "datestyle = 'German'",
      "timezone = 'Asia/Tokyo'",
      "intervalstyle = 'iso_8601'",
      "bytea_output = 'escape'",
      "extra_float_digits = -5",
      "standard_conforming_strings = off",
      "search_path = public",
      "default_transaction_isolation = 'serializable'",
    ]) {
      await server().query(`ALTER ROLE french SET ${setting}`);
    }
    const connectionString = server().connectionString.replace("user=rivulet", "user=french");
    const store = await openEventStore(postgres({ connectionString, schema }));
    onTestFinished(() => store.close());
    await store.stream("a").append(counted(2));

    const [row] = await (
      await openNumbers(store)
    ).query(
      sql`SELECT date '2026-01-02' AS day, timestamptz '2026-01-02 03:04:05+00' AS moment, interval '1 day' AS long,
        ${new Uint8Array([92, 0])} AS bytes, ${0.1} + ${0.2} AS sum, 'a\\b' AS text, count(*) AS n FROM ${numbers}`,
    );

    expect(row).toEqual({
      day: "2026-01-02",
      moment: "2026-01-02 03:04:05+00",
      long: "1 day",
      bytes: new Uint8Array([92, 0]),
      sum: 0.1 + 0.2,
      text: "a\\b",
      n: 2,
    });
  });

  test("text with NUL is refused in a query, and stops a model at its event", async () => {
    const store = await open();
    const words = table("words", "position INTEGER PRIMARY KEY, word TEXT");
    await store.stream("a").append([
      { type: "said", data: { text: "fine" } },
      { type: "said", data: { text: "a\0b" } },
    ]);
    const model = await store.readModel(
      defineReadModel<Said>({
        name: "words",
        tables: [words],
        on: { said: ({ position, data }) => sql`INSERT INTO ${words} VALUES (${position}, ${data.text})` },
      }),
    );

    await expect(model.caughtUp()).rejects.toMatchObject({
      code: "projection-failed",
      message: expect.stringContaining("NUL") as string,
      details: { position: 2 },
    });
    const running = await openNumbers(store);
    await expect(running.query(sql`SELECT ${1}, ${"a\0b"}`)).rejects.toMatchObject({
      code: "invalid-argument",
      details: { argument: "values[1]" },
    });
  });

  test("what is written for one dialect is refused by a store of the other, with a message that says so", async () => {
    const sqlite = await openEventStore(betterSqlite3());
    onTestFinished(() => sqlite.close());
    for (const [store, own, other] of [
      [await open(), "PostgreSQL", "SQLite"],
      [sqlite, "SQLite", "PostgreSQL"],
    ] as const) {
      const only = (text: unknown): never => ({ [other === "SQLite" ? "sqlite" : "postgres"]: text }) as never;
      const says = `is written for ${other}, and this store is in ${own}`;
      const model = await openNumbers(store);
      const statement: SqlText = only(sql`SELECT 1`);

      await expect(model.query(statement)).rejects.toThrow(`this statement ${says}`);
      expect(() => model.live(statement)).toThrow(says);
      for (const wrong of [table("t", only("n INTEGER")), table("t", "n INTEGER", { indexes: only(["n"]) })]) {
        const definition = defineReadModel({ name: "wrong", tables: [wrong], on: {} });
        await expect(store.readModel(definition)).rejects.toThrow(/table "t" is written for/);
      }
      await store.stream("a").append(counted(1));
      const stopped = await store.readModel(
        defineReadModel<Counted>({ name: "stopped", tables: [numbers], on: { counted: () => statement } }),
      );
      await expect(stopped.caughtUp()).rejects.toThrow(says);
    }
  });

  test("columns are translated wherever a type stands, and only there", async () => {
    const store = await open("translated");
    const odd = table(
      "odd",
      `n INTEGER PRIMARY KEY, -- REAL, the key
       "TEXT" TEXT NOT NULL DEFAULT 'BLOB, REAL' CHECK ("TEXT" <> ', INTEGER'), /* a , */ part real,
       bytes Blob, int INT UNIQUE, CHECK (part IS NULL OR part > 0), UNIQUE ("TEXT", int)`,
      { indexes: ["part DESC, int", 'lower("TEXT")'] },
    );
    await store.readModel(defineReadModel({ name: "odd", tables: [odd], on: {} }));

    const columns = await server().query<{ column_name: string; data_type: string; collation_name: string | null }>(
      `SELECT column_name, data_type, collation_name FROM information_schema.columns
        WHERE table_schema = 'translated' AND table_name = 'odd.1.odd' ORDER BY ordinal_position`,
    );
    expect(columns.map(({ column_name: name, data_type: type, collation_name: order }) => [name, type, order])).toEqual(
      [
        ["n", "bigint", null],
        ["TEXT", "text", "C"],
        ["part", "double precision", null],
        ["bytes", "bytea", null],
        ["int", "bigint", null],
      ],
    );
  });

  test("names that PostgreSQL would shorten are refused", async () => {
    const store = await open();
    const definition = (name: string) => defineReadModel({ name, tables: [numbers], on: {} });

    await expect(store.readModel(definition("m".repeat(53)))).rejects.toMatchObject({ code: "invalid-argument" });
    const model = await store.readModel(definition("m".repeat(52)));
    await model.caughtUp();
    await model.rebuild();
  });

  test("INTEGER PRIMARY KEY does not number rows by itself", async () => {
    const store = await open();
    await store.stream("a").append(counted(1));
    const model = await store.readModel(
      defineReadModel<Counted>({
        name: "unnumbered",
        tables: [numbers],
        on: { counted: () => sql`INSERT INTO ${numbers} (word) VALUES (${"x"})` },
      }),
    );

    await expect(model.caughtUp()).rejects.toThrow("null value in column");
  });

  test("the checkpoint belongs to the rows, while tables are replaced and filled", async () => {
    const schema = `models_${++count}`;
    const [store, other] = [await open(schema), await open(schema)];
    await store.stream("a").append(counted(3_000));
    const model = await openNumbers(store);
    const { models } = await postgres({ connectionString: server().connectionString, schema })
      .open()
      .then(({ storage }) => {
        onTestFinished(() => storage.close());
        return storage;
      });
    let rebuilding = true;
    const rebuilt = (async () => {
      const there = await openNumbers(other);
      for (let round = 0; round < 4; round++) await there.rebuild();
      rebuilding = false;
    })();
    const appended = (async () => {
      for (let n = 3_001; rebuilding; n++) await store.stream("a").append({ type: "counted", data: { n } });
    })();

    const query = {
      text: 'SELECT count(*) FROM "numbers.1.numbers"',
      values: [],
      models: [{ name: "numbers", schema: 1 }],
    };
    let asked = 0;
    for (; rebuilding; asked++) {
      const rows = await models?.queryModels(query);
      expect(rows?.rows[0]?.[0]).toBe(rows?.checkpoints[0]);
    }

    await Promise.all([rebuilt, appended]);
    expect(asked).toBeGreaterThan(20);
    expect(model.error).toBeUndefined();
  });

  test("a rebuild waits for a query, and queries for a rebuild, without ending either", async () => {
    const store = await open();
    await store.stream("a").append(counted(300));
    const model = await openNumbers(store);
    const long = sql`SELECT count(*) AS n FROM ${numbers} a, ${numbers} b, ${numbers} c`;

    const [found] = await Promise.all([model.query(long, { timeout: 60_000 }), model.rebuild()]);

    expect(found).toEqual([{ n: 300 ** 3 }]);
    expect(await model.query(sql`SELECT count(*) AS n FROM ${numbers}`)).toEqual([{ n: 300 }]);
  });

  test("the same statements leave the same rows in SQLite and in PostgreSQL", async () => {
    const random = createRandom("read models in two dialects");
    const things = table(
      "things",
      "id INTEGER PRIMARY KEY, name TEXT NOT NULL, size REAL, note TEXT, bytes BLOB, CHECK (id <> 13)",
      { indexes: ["name, size DESC"] },
    );
    const words = ["", "a", "B", "é", "😀", "it's", "7", "\u{7f}", "ü".repeat(50)];
    const word = (n: number): string => words[n % words.length] as string;
    const definition = defineReadModel<Counted>({
      name: "things",
      tables: [things],
      onError: "park",
      on: {
        counted: ({ data: { n } }) => {
          const id = n % 40;
          const size = n % 3 === 0 ? null : n / 8;
          const put = sql`INSERT INTO ${things} VALUES (${id}, ${word(n)}, ${size}, ${null}, ${new Uint8Array([n % 256])})
            ON CONFLICT (id) DO UPDATE SET name = excluded.name || ${n}, size = coalesce(${things}.size, 0) + ${0.5}`;
          switch (n % 7) {
            case 0:
              return sql`DELETE FROM ${things} WHERE id = ${id} OR size > ${200}`;
            case 1:
              return sql`UPDATE ${things} SET note = 'of ' || ${n} || ':' || name WHERE id <= ${id} AND name >= ${word(n + 1)}`;
            case 2:
              return [put, sql`INSERT INTO ${things} (id, name) VALUES (${id}, ${"twice"})`];
            case 3:
              return sql`UPDATE ${things} SET size = ${n} / 2 WHERE id IN (SELECT max(id) FROM ${things} WHERE size IS NOT NULL)`;
            case 4:
              return sql`INSERT INTO ${things} (id, name, size) SELECT id + ${100}, name, size FROM ${things} WHERE id = ${id} ON CONFLICT DO NOTHING`;
            default:
              return put;
          }
        },
      },
    });
    const events = Array.from({ length: 1_500 }, () => ({ type: "counted", data: { n: random.below(100_000) } }));
    const sqlite = await openEventStore(betterSqlite3());
    onTestFinished(() => sqlite.close());

    const [expected, found] = await Promise.all(
      [sqlite, await open()].map(async (store) => {
        await store.stream("a").append(events);
        const model = await store.readModel(definition);
        await model.caughtUp();
        return [
          (await model.parked()).map(({ position }) => position),
          await model.query(sql`SELECT * FROM ${things} ORDER BY id`),
          await model.query(
            sql`SELECT name, count(*) AS n, sum(id) AS sum, avg(size) AS average, max(size) > ${100} AS large
              FROM ${things} WHERE note IS NULL OR note <> ${""} GROUP BY name ORDER BY name`,
          ),
          await model.query(
            sql`SELECT a.id, b.id AS next, row_number() OVER (ORDER BY a.name, a.id) AS place FROM ${things} a
              LEFT JOIN ${things} b ON b.id = a.id + ${1} ORDER BY a.id LIMIT ${20} OFFSET ${3}`,
          ),
        ];
      }),
    );

    expect(found).toEqual(expected);
    expect(expected?.[0]?.length).toBeGreaterThan(100);
    expect(expected?.[1]?.length).toBeGreaterThan(20);
  });
});
