import type { Event, EventStore, ReadModel, SqlText } from "../../../index.ts";
import { defineReadModel, sql, table, type SqlInput } from "../../../read-models/index.ts";
import { equal, fails } from "../../assert.ts";
import type { Case } from "../../context.ts";

type Kept = Event<"kept", { index: number }>;

const kept = table("kept", {
  sqlite: "n INTEGER PRIMARY KEY, value ANY",
  postgres: "n bigint PRIMARY KEY, value text",
});

/** A column for each type of values. */
const typed = table("typed", "n INTEGER PRIMARY KEY, whole INTEGER, part REAL, word TEXT, bytes BLOB");

const LONG = "ü".repeat(40_000);

/** What is bound, the type that SQLite then sees, how it writes the value, and what comes back where that is another value. */
const VALUES: readonly (readonly [given: SqlInput, type: string, quoted: string, back?: unknown])[] = [
  [0, "integer", "0"],
  [-0, "integer", "0", 0],
  [7, "integer", "7"],
  [-7, "integer", "-7"],
  [2 ** 31 - 1, "integer", "2147483647"],
  [2 ** 31, "integer", "2147483648"],
  [-(2 ** 31) - 1, "integer", "-2147483649"],
  [2 ** 53 - 1, "integer", "9007199254740991"],
  [1 - 2 ** 53, "integer", "-9007199254740991"],
  [0.5, "real", "0.5"],
  [-1.5, "real", "-1.5"],
  [1e-7, "real", "1.0e-07"],
  [true, "integer", "1", 1],
  [false, "integer", "0", 0],
  [null, "null", "NULL"],
  ["", "text", "''"],
  ["7", "text", "'7'"],
  ['it\'s -- ; "quoted" ?', "text", "'it''s -- ; \"quoted\" ?'"],
  ["é 😀 \u{10ffff} \u{7f}\u{80}", "text", "'é 😀 \u{10ffff} \u{7f}\u{80}'"],
  [LONG, "text", `'${LONG}'`],
  [new Uint8Array(), "blob", "X''"],
  [new Uint8Array([0, 127, 255]), "blob", "X'007FFF'"],
];

const NUL = "before\0after";

/** What SQL cannot keep, or not on every adapter alike. */
const REFUSED: readonly unknown[] = [
  undefined,
  Number.NaN,
  Infinity,
  -Infinity,
  2 ** 53,
  -(2 ** 53),
  1e300,
  1n,
  "\ud800",
  "a\udc00b",
  "\udc00\ud800",
  new Date(0),
  new ArrayBuffer(1),
  new Uint16Array(1),
  {},
  [[1]],
  Symbol("s"),
  () => 1,
];

/** Whole numbers that are no safe ones, as SQL has them. */
const TOO_LARGE: readonly (() => SqlText)[] = [
  () => sql`SELECT 9007199254740992`,
  () => sql`SELECT -9007199254740993`,
  () => sql`SELECT 1 AS a, 'x' AS b, 9223372036854775807 AS c`,
  () => sql`SELECT ${1} UNION ALL SELECT ${1} << 62;`,
  () => sql`WITH n(i) AS (VALUES (${1} << 55)) SELECT i, i FROM n ORDER BY 1 LIMIT 1`,
  () => sql`SELECT sum(n) FROM (SELECT 9007199254740991 AS n UNION ALL SELECT 1) AS numbers`,
  () => ({
    sqlite: sql`VALUES (1.5), (1 << 60) -- at the end`,
    postgres: sql`VALUES (1.5), (1::bigint << 60) -- at the end`,
  }),
];

const EXPRESSIONS: readonly (readonly [statement: () => SqlText, value: unknown])[] = [
  [() => sql`SELECT 'order-' || ${7} AS value`, "order-7"],
  [() => sql`SELECT ${7} / 2 AS value`, 3],
  [() => sql`SELECT ${7} % 4 AS value`, 3],
  [() => sql`SELECT ${7.5} / 2 AS value`, 3.75],
  [() => sql`SELECT ${2 ** 40} / 3 AS value`, 366503875925],
  [
    () => ({
      sqlite: sql`SELECT json_array(${1}, ${1.5}, ${"a"}, ${null}) AS value`,
      postgres: sql`SELECT replace(json_build_array(${1}, ${1.5}, ${"a"}, ${null})::text, ' ', '') AS value`,
    }),
    '[1,1.5,"a",null]',
  ],
  [
    () => ({
      sqlite: sql`SELECT json_object('n', ${2 ** 53 - 1}) AS value`,
      postgres: sql`SELECT replace(json_build_object('n', ${2 ** 53 - 1})::text, ' ', '') AS value`,
    }),
    '{"n":9007199254740991}',
  ],
  [() => sql`SELECT CAST(${12} AS TEXT) AS value`, "12"],
  [() => sql`SELECT CAST(${2 ** 40} AS BIGINT) + 1 AS value`, 2 ** 40 + 1],
  [() => sql`SELECT CASE WHEN ${1} = ${1.0} THEN ${"same"} ELSE ${"other"} END AS value`, "same"],
  [() => sql`SELECT coalesce(${null}, ${7}) AS value`, 7],
  [() => sql`SELECT ${null} IS NULL AS value`, 1],
  [() => sql`SELECT ${7} > ${8} AS value`, 0],
  [() => sql`SELECT abs(-${7}) AS value`, 7],
  [() => sql`SELECT length(${"é😀"} || ${7}) AS value`, 3],
  [() => sql`SELECT avg(x) AS value FROM (SELECT ${1} AS x UNION ALL SELECT ${2}) AS numbers`, 1.5],
  [() => sql`SELECT sum(x) AS value FROM (SELECT ${1} AS x UNION ALL SELECT ${2}) AS numbers`, 3],
  [() => sql`SELECT count(*) AS value FROM (SELECT ${1} AS x) AS numbers WHERE x IN (${1}, ${2})`, 1],
  [() => ({ sqlite: sql`SELECT printf('%s', ${3}) AS value`, postgres: sql`SELECT format('%s', ${3}) AS value` }), "3"],
  [
    () => ({
      sqlite: sql`SELECT typeof(${1} + ${2}) AS value`,
      postgres: sql`SELECT CASE (${1} + ${2}) / 2 WHEN 1 THEN 'integer' END AS value`,
    }),
    "integer",
  ],
  [
    () => ({
      sqlite: sql`SELECT group_concat(x) AS value FROM (SELECT ${1} AS x UNION ALL SELECT ${2})`,
      postgres: sql`SELECT string_agg(x::text, ',') AS value FROM (SELECT ${1} AS x UNION ALL SELECT ${2}) AS numbers`,
    }),
    "1,2",
  ],
  [
    () => ({
      sqlite: sql`SELECT CAST(${"6.02e23"} AS REAL) AS value`,
      postgres: sql`SELECT CAST(${"6.02e23"} AS DOUBLE PRECISION) AS value`,
    }),
    6.02e23,
  ],
  [
    () => ({
      sqlite: sql`SELECT 9007199254740992.0 AS value`,
      postgres: sql`SELECT 9007199254740992.0::double precision AS value`,
    }),
    2 ** 53,
  ],
  [() => sql`SELECT 9007199254740991 AS value`, 2 ** 53 - 1],
  [() => ({ sqlite: sql`SELECT -9e999 AS value`, postgres: sql`SELECT '-Infinity'::real AS value` }), -Infinity],
  [() => ({ sqlite: sql`SELECT x'' AS value`, postgres: sql`SELECT ''::bytea AS value` }), new Uint8Array()],
];

/** What only SQLite can keep: NUL in text, and bytes that are no UTF-8 as text. */
const SQLITE_EXPRESSIONS: typeof EXPRESSIONS = [
  [() => sql`SELECT length(${NUL}) || ':' || hex(${NUL}) AS value`, "6:6265666F7265006166746572"],
  [() => sql`SELECT ${NUL} AS value`, NUL],
  [() => sql`SELECT CAST(x'61c3ff62' AS TEXT) AS value`, "a\ufffd\ufffdb"],
];

/** What a column keeps of a value of another type; nothing: the value is refused. */
const OTHER_TYPES: readonly (readonly [column: string, given: SqlInput, kept?: unknown])[] = [
  ["whole", 0.5],
  ["whole", 1.5],
  ["whole", "x"],
  ["whole", new Uint8Array([1])],
  ["part", 7, 7],
  ["part", "x"],
  ["part", new Uint8Array([1])],
  ["word", 7, "7"],
  ["word", 0.5, "0.5"],
  ["word", new Uint8Array([65])],
  ["bytes", 7],
  ["bytes", 0.5],
  ["bytes", "x"],
];

async function openKept(store: EventStore, given: (index: number) => unknown): Promise<ReadModel> {
  return store.readModel(
    defineReadModel<Kept>({
      name: "kept",
      tables: [kept],
      onError: "park",
      on: { kept: ({ data: { index } }) => sql`INSERT INTO ${kept} VALUES (${index}, ${given(index) as SqlInput})` },
    }),
  );
}

/** Returns the columns of `typed` with a value in that of its type. */
function columnsFor(given: SqlInput): SqlInput[] {
  const value = typeof given === "boolean" ? Number(given) : given;
  const isWhole = Number.isInteger(value);
  return [
    isWhole ? value : null,
    typeof value === "number" && !isWhole ? value : null,
    typeof value === "string" ? value : null,
    value instanceof Uint8Array ? value : null,
  ];
}

function openTyped(store: EventStore, columns: (index: number) => readonly SqlInput[]): Promise<ReadModel> {
  return store.readModel(
    defineReadModel<Kept>({
      name: "typed",
      tables: [typed],
      onError: "park",
      on: {
        kept({ data: { index } }) {
          const [whole = null, part = null, word = null, bytes = null] = columns(index);
          return sql`INSERT INTO ${typed} VALUES (${index}, ${whole}, ${part}, ${word}, ${bytes})`;
        },
      },
    }),
  );
}

function indexes(count: number): Kept[] {
  return Array.from({ length: count }, (_, index) => ({ type: "kept", data: { index } }));
}

export const sqlValueCases: readonly Case[] = [
  {
    name: "values of every kind are read from columns of their types exactly as they were written",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const model = await openTyped(store, (index) => columnsFor(VALUES[index]?.[0] ?? null));
      await model.caughtUp((await store.stream("a").append(indexes(VALUES.length))).position);
      equal(await model.parked(), [], "parked");
      const asked = await model.query(sql`SELECT * FROM ${typed} ORDER BY n`);
      for (const [index, [given, , , back = given]] of VALUES.entries()) {
        const what = `value ${index}`;
        const [whole = null, part = null, word = null, bytes = null] = columnsFor(back as SqlInput);
        equal(asked[index], { n: index, whole, part, word, bytes }, what);
        const [queried] = await model.query(sql`SELECT ${given} AS value`);
        equal(queried, { value: back }, `${what} of a query`);
        if (given instanceof Uint8Array) equal(queried?.["value"]?.constructor, Uint8Array, `${what}: bytes`);
        const found = sql`SELECT count(*) AS n FROM ${typed}
          WHERE n = ${index} AND (whole = ${whole} OR part = ${part} OR word = ${word} OR bytes = ${bytes})`;
        equal(await model.query(found), [{ n: given === null ? 0 : 1 }], `${what} is found`);
      }
      const first = sql`SELECT word FROM ${typed} WHERE word IS NOT NULL ORDER BY word DESC LIMIT 3`;
      const words = (await model.query<{ word: string }>(first)).map(({ word }) => word[0]);
      equal(words, ["ü", "é", "i"], "texts in the order of their bytes");
    },
  },
  {
    name: "a text that begins with a byte order mark is read from a column as it was written",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const marked = "\u{feff}marked";
      const model = await openTyped(store, () => [null, null, marked, null]);
      await model.caughtUp((await store.stream("a").append(indexes(1))).position);
      equal(
        await model.query(sql`SELECT word, ${marked} AS value FROM ${typed}`),
        [{ word: marked, value: marked }],
        "",
      );
    },
  },
  {
    name: "a column refuses values of other types where it cannot keep them exactly",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const columns = ["whole", "part", "word", "bytes"];
      const model = await openTyped(store, (index) => {
        const [column, given = null] = OTHER_TYPES[index] ?? [];
        return columns.map((name) => (name === column ? given : null));
      });
      await model.caughtUp((await store.stream("a").append(indexes(OTHER_TYPES.length))).position);
      const refused = new Set((await model.parked()).map(({ position }) => position - 1));
      const asked = await model.query(sql`SELECT * FROM ${typed} ORDER BY n`);
      for (const [index, [column, , back]] of OTHER_TYPES.entries()) {
        const row = asked.find(({ n }) => n === index);
        equal([refused.has(index), row?.[column]], [back === undefined, back], `value ${index} as ${column}`);
      }
    },
  },
  {
    name: "values of every kind have their type in SQL and in a column of any type",
    needs: "sql",
    dialect: "sqlite",
    async run({ open }) {
      const store = await open();
      const model = await openKept(store, (index) => VALUES[index]?.[0]);
      await model.caughtUp((await store.stream("a").append(indexes(VALUES.length))).position);
      equal(await model.parked(), [], "parked");
      const asked = await model.query<{ n: number; type: string; quoted: string; value: unknown }>(
        sql`SELECT n, typeof(value) AS type, quote(value) AS quoted, value FROM ${kept} ORDER BY n`,
      );
      for (const [index, [given, type, quoted, back = given]] of VALUES.entries()) {
        const what = `value ${index}`;
        equal(asked[index], { n: index, type, quoted, value: back }, what);
        if (given instanceof Uint8Array) equal(asked[index]?.value?.constructor === Uint8Array, true, `${what}: bytes`);
        equal(
          await model.query(sql`SELECT typeof(${given}) AS type, quote(${given}) AS quoted, ${given} AS value`),
          [{ type, quoted, value: back }],
          `${what} of a query`,
        );
      }
    },
  },
  {
    name: "a whole number is an integer in SQL, whatever is done with it",
    needs: "sql",
    async run({ open }) {
      const model = await openKept(await open(), () => null);
      for (const [index, [statement, value]] of EXPRESSIONS.entries()) {
        equal(await model.query(statement()), [{ value }], `expression ${index}`);
      }
    },
  },
  {
    name: "text with NUL, and bytes that are no UTF-8, are text in SQLite",
    needs: "sql",
    dialect: "sqlite",
    async run({ open }) {
      const model = await openKept(await open(), () => null);
      for (const [index, [statement, value]] of SQLITE_EXPRESSIONS.entries()) {
        equal(await model.query(statement()), [{ value }], `expression ${index}`);
      }
    },
  },
  {
    name: "a value that SQL cannot store exactly is refused with its index",
    needs: "sql",
    async run({ open }) {
      for (const value of REFUSED) {
        const error = await fails(() => sql`SELECT ${1}, ${value as never}`, "invalid-argument", String(value));
        equal(error.details.argument, "values[1]", `${String(value)}: argument`);
      }
      const store = await open();
      const model = await openKept(store, (index) => REFUSED[index]);
      await model.caughtUp((await store.stream("a").append(indexes(REFUSED.length))).position);
      equal((await model.parked()).length, REFUSED.length, "parked");
      const made = { ...sql`SELECT ${1} AS value`, values: [2 ** 53] };
      await fails(model.query(made), "invalid-argument", "a statement that was not made by the tag");
    },
  },
  {
    name: "a query whose rows hold whole numbers beyond 2^53 is refused instead of rounding them",
    needs: "sql",
    async run({ open }) {
      const model = await openKept(await open(), () => null);
      for (const statement of TOO_LARGE) {
        const error = await fails(model.query(statement()), "invalid-argument", String(statement));
        equal(error.message.includes("2^53"), true, `${String(statement)}: ${error.message}`);
      }
    },
  },
];
