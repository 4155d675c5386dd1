import type { Event, EventStore, SqlText } from "../../../index.ts";
import { defineReadModel, identifier, sql, table, type TableOptions } from "../../../read-models/index.ts";
import { equal, fails, ok } from "../../assert.ts";
import type { Case } from "../../context.ts";

type Tried = Event<"tried", { index: number }>;

const list = table("list", "n INTEGER PRIMARY KEY, word TEXT");

type Statement = ReturnType<typeof sql>;

/** Where a value cannot be bound: what PostgreSQL says is its own syntax or a name. */
const NO_VALUE = /\$\{…\}|syntax error|does not exist/;

/** What is said where a table is named by its name: how it is named, and which tables there are. */
const NO_TABLE = /(no such table: list|relation "list" does not exist).*\$\{table\}; the tables are list$/;

/** Columns with a mistake in them, and what the error has to say. */
const TABLES: readonly (readonly [columns: string, says: RegExp, options?: TableOptions])[] = [
  ["a", /"wrong".*missing datatype.*STRICT.*INTEGER, REAL, TEXT/],
  ["a INTEGRE", /"wrong".*unknown datatype.*STRICT/],
  ["a VARCHAR(10)", /"wrong".*unknown datatype.*STRICT/],
  ["a INTEGER,", /"wrong".*syntax error/],
  ["a INTEGER, a TEXT", /"wrong".*(duplicate column|specified more than once)/],
  ["a INTEGER PRIMARY KEY, b INTEGER PRIMARY KEY", /"wrong".*(more than one primary key|multiple primary keys)/],
  ["a INTEGER", /the index "b" of the table "wrong".*(no such column|does not exist)/, { indexes: ["b"] }],
  ["a INTEGER", /the index "a DOWN" of the table "wrong".*(syntax error|does not exist)/, { indexes: ["a DOWN"] }],
];

/** What `table` itself refuses. */
const NO_COLUMNS: readonly unknown[] = [
  "",
  " ",
  "-- nothing",
  "a INTEGER; b TEXT",
  "a INTEGER)",
  "(a INTEGER",
  "a\0",
  1,
  null,
];

const QUERIES: readonly (readonly [statement: () => Statement, says: RegExp])[] = [
  [() => sql``, /empty/],
  [() => sql`  `, /empty/],
  [() => sql`;`, /empty/],
  [() => sql`-- SELECT 1`, /empty/],
  [() => sql`/* SELECT 1 */`, /empty/],
  [() => sql`SELECT 1; SELECT 2`, /one statement at a time/],
  [() => sql`SELECT 1; -- and\n SELECT 2`, /one statement at a time/],
  [() => sql`SELECT 1; /* one */ SELECT 2 /* two */`, /one statement at a time/],
  [() => sql`SELECT ?`, NO_VALUE],
  [() => sql`SELECT ?1`, NO_VALUE],
  [() => sql`SELECT :word`, NO_VALUE],
  [() => sql`SELECT @word`, NO_VALUE],
  [() => sql`SELECT $word`, NO_VALUE],
  [() => sql`SELECT * FROM ${list} WHERE word = '${"a"}'`, /inside quotes/],
  [() => sql`SELECT 1 -- ${1}`, /comments/],
  [() => sql`SELECT 'a\0b'`, /NUL/],
  [() => sql`SELECT '\ud800'`, /surrogate/],
  [() => sql`SELECT * FROM list`, NO_TABLE],
  [() => sql`SELECT missing FROM ${list}`, /no such column: missing|column "missing" does not exist/],
  [() => sql`SELECT missing(1)`, /no such function: missing|function missing.* does not exist/],
  [() => sql`SELECT * FROM`, /incomplete input|syntax error/],
  [() => sql`SELECT * FORM ${list}`, /syntax error/],
  [() => sql`INSERT INTO ${list} VALUES (1, 'a')`, /a query is a SELECT/],
  [() => sql`PRAGMA user_version`, /a query is a SELECT/],
  [() => sql`EXPLAIN SELECT 1`, /a query is a SELECT/],
  // An object has each name once, so one of the two values would be lost, whether there are rows or not.
  [() => sql`SELECT 1 AS one, 2 AS two, 3 AS one`, /several columns named "one".*AS/],
  [() => sql`SELECT a.word, b.word FROM ${list} AS a JOIN ${list} AS b ON a.n = b.n`, /several columns named "word"/],
  [() => sql`SELECT * FROM ${list} AS a CROSS JOIN ${list} AS b`, /several columns named "n"/],
];

/** Queries that sort or group by a value alone, as if it were the name of a column. Without an error, nothing would be sorted. */
const VALUE_TERMS: readonly (readonly [statement: () => SqlText, says: RegExp])[] = [
  [() => sql`SELECT n FROM ${list} ORDER BY ${"word"}`, /^ORDER BY.*\$\{identifier\("name"\)\}$/],
  [() => sql`SELECT n FROM ${list} order\n by ${"word"} DESC LIMIT ${1}`, /^ORDER BY/],
  [() => sql`SELECT n FROM ${list} ORDER BY ${2}`, /^ORDER BY/],
  [() => sql`SELECT n FROM ${list} ORDER BY n, ${"word"} NULLS LAST`, /^ORDER BY/],
  [() => sql`SELECT n FROM ${list} ORDER BY abs(n), ${"word"};`, /^ORDER BY/],
  [() => sql`SELECT n FROM ${list} ORDER /* in the */ BY -- order of\n (${"word"})`, /^ORDER BY/],
  [() => sql`SELECT n FROM ${list} ORDER BY ${sql`${"word"}`}`, /^ORDER BY/],
  [() => sql`SELECT n FROM ${list} ORDER BY ${["word", "n"]}`, /^ORDER BY/],
  [() => sql`SELECT n FROM ${list} ORDER BY ${"word"} COLLATE "C"`, /^ORDER BY/],
  [() => sql`SELECT n FROM (SELECT n FROM ${list} ORDER BY ${"word"} LIMIT 1) AS x ORDER BY n`, /^ORDER BY/],
  [() => sql`SELECT count(*) FROM ${list} GROUP BY ${"word"} HAVING count(*) > ${1}`, /^GROUP BY/],
  [() => sql`SELECT count(*) FROM ${list} GROUP BY ${"word"} ORDER BY 1`, /^GROUP BY/],
  [() => sql`SELECT n, sum(n) OVER (ORDER BY n) FROM ${list} ORDER BY ${"word"}`, /^ORDER BY/],
  [
    () => ({
      sqlite: sql`SELECT max(n) FROM ${list} GROUP BY ${"word"} UNION SELECT 1`,
      postgres: sql`SELECT DISTINCT ON (${"word"}) n FROM ${list}`,
    }),
    /^(GROUP BY|DISTINCT ON)/,
  ],
  [
    () => ({
      sqlite: sql`SELECT n FROM ${list} ORDER BY ${"word"} COLLATE NOCASE ASC`,
      postgres: sql`SELECT n FROM ${list} ORDER BY ${"word"}::text`,
    }),
    /^ORDER BY/,
  ],
];

const GOOD_QUERIES: readonly (() => SqlText)[] = [
  () => sql`SELECT 1 AS one`,
  () => sql`select 1 as one;`,
  () => sql`SELECT 1 AS one ; -- done; really`,
  () => sql`-- counts\nSELECT 1 AS one`,
  () => sql`/* counts; */ SELECT 1 AS one`,
  () => sql`  -- a\n /* b */ -- c\n SELECT 1 AS one`,
  () => sql`WITH x(one) AS (VALUES (1)) SELECT one FROM x`,
  () => sql`-- c\nWITH x(one) AS (SELECT 1) SELECT one FROM x`,
  () => sql`SELECT column1 AS one FROM (VALUES (1)) AS v`,
  () => sql`SELECT 1 AS one WHERE ':a @b $c ?' <> ''`,
  // A value may be a part of what is sorted or grouped by, and may follow it.
  () => sql`SELECT 1 AS one ORDER BY CASE WHEN 1 = ${1} THEN 0 ELSE 1 END`,
  () => sql`SELECT 1 AS one LIMIT ${1}`,
  () => sql`SELECT 1 AS one ORDER BY one LIMIT ${1} OFFSET ${0}`,
  () => ({
    sqlite: sql`SELECT 1 AS one ORDER BY one LIMIT ${0}, ${1}`,
    postgres: sql`SELECT 1 AS one ORDER BY one OFFSET ${0} ROWS FETCH FIRST ${1} ROWS ONLY`,
  }),
  () => sql`SELECT n AS one FROM (SELECT 1 AS n) AS x ORDER BY abs(n - ${5}), n % ${2}, ${3} - n`,
  () => sql`SELECT n AS one FROM (SELECT 1 AS n) AS x ORDER BY (${1}) = n, ${1} < n DESC, n IN ${[1, 2]}`,
  () => sql`SELECT n AS one FROM (SELECT 1 AS n) AS x ORDER BY ${identifier("n")} DESC`,
  () => sql`SELECT max(n) AS one FROM (SELECT 1 AS n) AS x GROUP BY n - ${1} HAVING max(n) <= ${1}`,
  () => sql`SELECT n AS one FROM (SELECT 1 AS n) AS x GROUP BY n UNION SELECT ${1}`,
  () => sql`SELECT sum(n) OVER (ORDER BY n ROWS ${1} PRECEDING) AS one FROM (SELECT 1 AS n) AS x WHERE n IN (0, ${1})`,
  // In a window, the order may be any.
  () => sql`SELECT row_number() OVER (ORDER BY ${1}) AS one FROM (SELECT 1 AS n) AS x`,
  () => sql`SELECT row_number() OVER (PARTITION BY ${"word"} ORDER BY n) AS one FROM (SELECT 1 AS n) AS x`,
  () => sql`SELECT row_number() OVER w AS one FROM (SELECT 1 AS n) AS x WINDOW w AS (ORDER BY ${1}) ORDER BY n`,
  () => ({
    sqlite: sql`SELECT 1 AS one`,
    postgres: sql`SELECT n AS one FROM (SELECT 1 AS n) AS x ORDER BY ARRAY[${1}, ${2}]::int[] && ARRAY[n], n`,
  }),
  () => sql`SELECT 1 AS one WHERE 'ORDER BY ' <> ${"word"} -- ORDER BY\n LIMIT ${1}`,
];

const HANDLERS: readonly (readonly [statement: () => unknown, says: RegExp])[] = [
  [() => sql``, /empty/],
  [() => [sql`INSERT INTO ${list} VALUES (100, 'a')`, sql`;`], /empty/],
  [
    () => ({
      sqlite: sql`INSERT INTO ${list} VALUES (100)`,
      postgres: sql`INSERT INTO ${list} (n, word) VALUES (100)`,
    }),
    /has 2 columns but 1 values|more target columns than expressions/,
  ],
  [
    () => sql`INSERT INTO ${list} VALUES (100, 'a', 2)`,
    /has 2 columns but 3 values|more expressions than target columns/,
  ],
  [() => sql`INSERT INTO ${list} (n) VALUES (?)`, NO_VALUE],
  [() => sql`INSERT INTO ${list} VALUES (100, '${"a"}')`, /inside quotes/],
  [() => sql`INSERT INTO list VALUES (100, 'a')`, NO_TABLE],
  [() => sql`INSERT INTO ${list} SELECT n + ${1}, word FROM ${list} ORDER BY ${"n"}`, /ORDER BY.*identifier/],
  [
    () => sql`INSERT INTO ${list} (n, missing) VALUES (100, 1)`,
    /no column named missing|column "missing" .*does not exist/,
  ],
  [() => sql`INSERT INTO ${list} VALUES ('x', 'a')`, /mismatch|cannot store|invalid input/],
  [() => sql`SELECT 1`, /only INSERT, (REPLACE, UPDATE and DELETE|UPDATE, DELETE and MERGE)/],
  [() => sql`-- c\nSELECT 1`, /only INSERT, (REPLACE, UPDATE and DELETE|UPDATE, DELETE and MERGE)/],
  [() => sql`CREATE TABLE x (a INTEGER)`, /only INSERT, (REPLACE, UPDATE and DELETE|UPDATE, DELETE and MERGE)/],
  [() => "INSERT", /sql tag/],
];

export const sqlMistakeCases: readonly Case[] = [
  {
    name: "a mistake in a table's columns is reported with the table's name, and leaves nothing behind",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const openWith = (columns: string, options?: TableOptions): Promise<unknown> =>
        openTable(store, columns, options);
      for (const [columns, says, options] of TABLES) {
        const error = await fails(openWith(columns, options), "invalid-argument", columns);
        equal(error.details.argument, "tables", `${columns}: argument`);
        ok(says.test(error.message), `${columns}: ${error.message}`);
      }
      for (const columns of NO_COLUMNS) {
        const error = await fails(() => table("wrong", columns as string), "invalid-argument", String(columns));
        equal(error.details.argument, "columns", `${String(columns)}: argument`);
        await fails(() => table("wrong", "a INTEGER", { indexes: [columns as string] }), "invalid-argument", "index");
      }
      const same = [table("wrong", "a INTEGER"), table("WRONG", "a INTEGER")];
      await fails(() => defineReadModel({ name: "wrong", tables: same, on: {} }), "invalid-argument", "one name");
      await openWith("a INTEGER -- the key");
    },
  },
  {
    name: "a mistake in a query is reported with what to do",
    needs: "sql",
    async run({ open }) {
      const model = await openList(await open(), () => []);
      for (const [statement, says] of QUERIES) {
        const error = await fails(model.query(statement()), "invalid-argument", String(statement));
        ok(says.test(error.message), `${String(statement)}: ${error.message}`);
      }
      for (const [statement, says] of VALUE_TERMS) {
        const error = await fails(model.query(statement()), "invalid-argument", String(statement));
        ok(says.test(error.message), `${String(statement)}: ${error.message}`);
        await fails(() => model.live(statement()), "invalid-argument", `live: ${String(statement)}`);
      }
      for (const statement of GOOD_QUERIES) equal(await model.query(statement()), [{ one: 1 }], String(statement));
      equal(await model.query(sql`VALUES (1, 'a')`), [{ column1: 1, column2: "a" }], "VALUES");
    },
  },
  {
    name: "a mistake in a handler's statement is reported with its event and what to do",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      const model = await openList(store, (index) => HANDLERS[index]?.[0]());
      await model.caughtUp(await tryAll(store, HANDLERS.length));
      const parked = await model.parked();
      equal(parked.length, HANDLERS.length, "parked");
      for (const [index, [statement, says]] of HANDLERS.entries()) {
        const message = parked[index]?.message ?? "";
        ok(says.test(message), `${String(statement)}: ${message}`);
      }
      equal(await model.query(sql`SELECT * FROM ${list}`), [], "rows");
      const good = await openList(store, (index) => goodHandler(index), "good");
      await good.caughtUp();
      equal(await good.parked(), [], "good ones");
    },
  },
];

function goodHandler(index: number): SqlText {
  if (index % 3 === 0) return sql`-- one\nINSERT INTO ${list} VALUES (${index}, 'a');`;
  if (index % 3 === 1) return sql`/* two */ WITH x(n) AS (VALUES (${index})) INSERT INTO ${list} SELECT n, 'b' FROM x`;
  return {
    sqlite: sql`REPLACE INTO ${list} VALUES (${index}, 'c') -- three`,
    postgres: sql`INSERT INTO ${list} VALUES (${index}, E'it\\'s') ON CONFLICT DO NOTHING -- three`,
  };
}

function openTable(store: EventStore, columns: string, options?: TableOptions): ReturnType<EventStore["readModel"]> {
  return store.readModel(
    defineReadModel<Tried>({
      name: "model",
      tables: [table("wrong", columns, options)],
      on: { tried: () => [] },
    }),
  );
}

function openList(
  store: EventStore,
  statementFor: (index: number) => unknown,
  name = "list",
): ReturnType<EventStore["readModel"]> {
  return store.readModel(
    defineReadModel<Tried>({
      name,
      tables: [list],
      onError: "park",
      on: { tried: ({ data }) => statementFor(data.index) as Statement },
    }),
  );
}

async function tryAll(store: EventStore, count: number): Promise<number> {
  const events = Array.from({ length: count }, (_, index) => ({ type: "tried", data: { index } }));
  return (await store.stream("a").append(events)).position;
}
