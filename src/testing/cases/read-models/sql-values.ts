import type { Event, EventStore, ReadModel } from "../../../index.ts";
import { defineReadModel, sql, table, type SqlInput } from "../../../read-models/index.ts";
import { equal, fails } from "../../assert.ts";
import type { Case } from "../../context.ts";

type Kept = Event<"kept", { index: number }>;

const kept = table("kept", "n INTEGER PRIMARY KEY, value ANY");

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
  ["\u{feff}marked", "text", "'\u{feff}marked'"],
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
  [1],
  Symbol("s"),
  () => 1,
];

/** Whole numbers that are no safe ones, as SQLite has them. */
const TOO_LARGE: readonly string[] = [
  "SELECT 9007199254740992",
  "SELECT -9007199254740993",
  "SELECT 1 AS a, 'x' AS b, 9223372036854775807 AS c",
  "SELECT 1 UNION ALL SELECT 1 << 62;",
  "VALUES (1.5), (1 << 60) -- at the end",
  "WITH n(i) AS (VALUES (1 << 55)) SELECT i, i FROM n ORDER BY 1 LIMIT 1",
];

const EXPRESSIONS: readonly (readonly [statement: () => ReturnType<typeof sql>, value: unknown])[] = [
  [() => sql`SELECT 'order-' || ${7} AS value`, "order-7"],
  [() => sql`SELECT ${7} / 2 AS value`, 3],
  [() => sql`SELECT ${7} % 4 AS value`, 3],
  [() => sql`SELECT ${7.5} / 2 AS value`, 3.75],
  [() => sql`SELECT ${2 ** 40} / 3 AS value`, 366503875925],
  [() => sql`SELECT json_array(${1}, ${1.5}, ${"a"}, ${null}) AS value`, '[1,1.5,"a",null]'],
  [() => sql`SELECT json_object('n', ${2 ** 53 - 1}) AS value`, '{"n":9007199254740991}'],
  [() => sql`SELECT CAST(${12} AS TEXT) AS value`, "12"],
  [() => sql`SELECT printf('%s', ${3}) AS value`, "3"],
  [() => sql`SELECT typeof(${1} + ${2}) AS value`, "integer"],
  [() => sql`SELECT group_concat(x) AS value FROM (SELECT ${1} AS x UNION ALL SELECT ${2})`, "1,2"],
  [() => sql`SELECT length(${NUL}) || ':' || hex(${NUL}) AS value`, "6:6265666F7265006166746572"],
  [() => sql`SELECT ${NUL} AS value`, NUL],
  [() => sql`SELECT CAST(${"6.02e23"} AS REAL) AS value`, 6.02e23],
  [() => sql`SELECT 9007199254740992.0 AS value`, 2 ** 53],
  [() => sql`SELECT 9007199254740991 AS value`, 2 ** 53 - 1],
  [() => sql`SELECT -9e999 AS value`, -Infinity],
  [() => sql`SELECT CAST(x'61c3ff62' AS TEXT) AS value`, "a\ufffd\ufffdb"],
  [() => sql`SELECT x'' AS value`, new Uint8Array()],
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

function indexes(count: number): Kept[] {
  return Array.from({ length: count }, (_, index) => ({ type: "kept", data: { index } }));
}

export const sqlValueCases: readonly Case[] = [
  {
    name: "values of every kind are read from a read model exactly as they were written",
    needs: "sql",
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
      for (const text of TOO_LARGE) {
        const strings = Object.assign([text], { raw: [text] });
        const error = await fails(model.query(sql(strings)), "invalid-argument", text);
        equal(error.message.includes("2^53"), true, `${text}: ${error.message}`);
      }
    },
  },
];
