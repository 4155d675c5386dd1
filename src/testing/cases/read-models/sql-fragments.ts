import type { Event, EventStore } from "../../../index.ts";
import { defineReadModel, identifier, joinSql, sql, table } from "../../../read-models/index.ts";
import { equal, fails } from "../../assert.ts";
import type { Case } from "../../context.ts";

type Said = Event<"said", { word: string }>;

const words = table("words", "n INTEGER PRIMARY KEY, word TEXT NOT NULL");

/** Queries put together of parts, and the numbers that they find among the words a, b, c, d and "x' OR 1 = 1". */
const QUERIES: readonly (readonly [what: string, statement: ReturnType<typeof sql>, numbers: readonly number[]])[] = [
  ["a list", sql`SELECT n FROM ${words} WHERE word IN ${["a", "c", "none"]} ORDER BY n`, [1, 3]],
  ["a list of one", sql`SELECT n FROM ${words} WHERE word IN ${["x' OR 1 = 1"]}`, [5]],
  ["a list between values", sql`SELECT n FROM ${words} WHERE n > ${1} AND n IN ${[1, 2, 3]} AND n < ${3}`, [2]],
  ["a part with a value", sql`SELECT n FROM ${words} WHERE ${sql`n = ${4}`}`, [4]],
  ["a part with a table", sql`SELECT n FROM ${sql`${words} AS w`} WHERE w.n = ${2}`, [2]],
  ["an empty part", sql`SELECT n FROM ${words} WHERE n = ${3} ${sql``}`, [3]],
  [
    "parts within parts",
    sql`SELECT n FROM ${words} WHERE ${sql`n = ${1} OR ${sql`n IN ${[2, 5]}`}`} ORDER BY n`,
    [1, 2, 5],
  ],
  [
    "joined conditions",
    sql`SELECT n FROM ${words} WHERE ${joinSql([sql`n > ${1}`, sql`word <> ${"c"}`, sql`n < ${5}`], sql` AND `)} ORDER BY n`,
    [2, 4],
  ],
  ["one condition, joined", sql`SELECT n FROM ${words} WHERE ${joinSql([sql`n = ${1}`], sql` AND `)}`, [1]],
  ["a column", sql`SELECT n FROM ${words} WHERE n < ${3} ORDER BY ${identifier("word")} DESC`, [2, 1]],
  [
    "columns, joined",
    sql`SELECT n FROM (SELECT ${joinSql([identifier("word"), identifier("n")])} FROM ${words}) AS w WHERE n = ${4}`,
    [4],
  ],
];

export const sqlFragmentCases: readonly Case[] = [
  {
    name: "a statement is put together of parts, lists and chosen columns, and every value is bound",
    needs: "sql",
    async run({ open }) {
      const model = await openWords(await open());
      // Twice: texts of parts are made anew each time.
      for (const [what, statement, numbers] of [...QUERIES, ...QUERIES]) {
        const rows = await model.query<{ n: number }>(statement);
        equal(
          rows.map(({ n }) => n),
          numbers,
          what,
        );
      }
    },
  },
  {
    name: "a handler's statement may have parts, too",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const columns = joinSql(["n", "word"].map(identifier));
      const model = await openWords(store, columns);
      equal(await model.query(sql`SELECT word FROM ${words} WHERE n = ${2}`), [{ word: "b" }], "the second word");
    },
  },
  {
    name: "parts that cannot be part of a statement are refused",
    async run() {
      for (const name of ["", "a b", 'a"', "a;", "1a", "a.b", 1, null]) {
        await fails(() => identifier(name as string), "invalid-argument", String(name));
      }
      await fails(() => sql`SELECT n FROM ${words} WHERE n IN ${[]}`, "invalid-argument", "an empty list");
      await fails(() => sql`SELECT ${[[1]] as never}`, "invalid-argument", "a list within a list");
      await fails(() => sql`SELECT ${[sql`1`] as never}`, "invalid-argument", "a part within a list");
      await fails(() => sql`SELECT ${[Number.NaN]}`, "invalid-argument", "a value that cannot be kept");
      await fails(() => joinSql([]), "invalid-argument", "nothing to join");
      await fails(() => joinSql(["a" as never]), "invalid-argument", "a text to join");
      await fails(() => joinSql([sql`a`], " AND " as never), "invalid-argument", "a text between");
    },
  },
];

/** Stores five words, numbered by their position. */
async function openWords(store: EventStore, columns = sql`n, word`): ReturnType<typeof store.readModel> {
  const model = await store.readModel(
    defineReadModel<Said>({
      name: "words",
      tables: [words],
      on: {
        said: ({ position, data }) => sql`INSERT INTO ${words} (${columns}) VALUES (${position}, ${data.word})`,
      },
    }),
  );
  const list = ["a", "b", "c", "d", "x' OR 1 = 1"];
  const { position } = await store
    .stream<Said>("words")
    .append(list.map((word) => ({ type: "said" as const, data: { word } })));
  await model.caughtUp(position);
  return model;
}
