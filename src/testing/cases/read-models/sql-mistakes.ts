import type { Event, EventStore } from "../../../index.ts";
import { defineReadModel, sql, table, type TableOptions } from "../../../read-models/index.ts";
import { equal, fails, ok } from "../../assert.ts";
import type { Case } from "../../context.ts";

type Tried = Event<"tried", { index: number }>;

const list = table("list", "n INTEGER PRIMARY KEY, word TEXT");

type Statement = ReturnType<typeof sql>;

/** Columns with a mistake in them, and what the error has to say. */
const TABLES: readonly (readonly [columns: string, says: RegExp, options?: TableOptions])[] = [
  ["a", /"wrong".*missing datatype.*STRICT.*INTEGER, REAL, TEXT, BLOB or ANY/],
  ["a INTEGRE", /"wrong".*unknown datatype.*STRICT/],
  ["a VARCHAR(10)", /"wrong".*unknown datatype.*STRICT/],
  ["a INTEGER,", /"wrong".*syntax error/],
  ["a INTEGER, a TEXT", /"wrong".*duplicate column/],
  ["a INTEGER PRIMARY KEY, b INTEGER PRIMARY KEY", /"wrong".*more than one primary key/],
  ["a INTEGER", /the index "b" of the table "wrong".*no such column/, { indexes: ["b"] }],
  ["a INTEGER", /the index "a DOWN" of the table "wrong".*syntax error/, { indexes: ["a DOWN"] }],
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
  [() => sql`SELECT ?`, /\$\{…\}/],
  [() => sql`SELECT ?1`, /\$\{…\}/],
  [() => sql`SELECT :word`, /\$\{…\}/],
  [() => sql`SELECT @word`, /\$\{…\}/],
  [() => sql`SELECT $word`, /\$\{…\}/],
  [() => sql`SELECT * FROM ${list} WHERE word = '${"a"}'`, /inside quotes/],
  [() => sql`SELECT 1 -- ${1}`, /comments/],
  [() => sql`SELECT 'a\0b'`, /NUL/],
  [() => sql`SELECT '\ud800'`, /surrogate/],
  [() => sql`SELECT * FROM list`, /no such table: list.*\$\{table\}/],
  [() => sql`SELECT missing FROM ${list}`, /no such column: missing/],
  [() => sql`SELECT missing(1)`, /no such function: missing/],
  [() => sql`SELECT * FROM`, /incomplete input/],
  [() => sql`SELECT * FORM ${list}`, /syntax error/],
  [() => sql`INSERT INTO ${list} VALUES (1, 'a')`, /a query is a SELECT/],
  [() => sql`PRAGMA user_version`, /a query is a SELECT/],
  [() => sql`EXPLAIN SELECT 1`, /a query is a SELECT/],
];

const GOOD_QUERIES: readonly (() => Statement)[] = [
  () => sql`SELECT 1 AS one`,
  () => sql`select 1 as one;`,
  () => sql`SELECT 1 AS one ; -- done; really`,
  () => sql`-- counts\nSELECT 1 AS one`,
  () => sql`/* counts; */ SELECT 1 AS one`,
  () => sql`  -- a\n /* b */ -- c\n SELECT 1 AS one`,
  () => sql`WITH x(one) AS (VALUES (1)) SELECT one FROM x`,
  () => sql`-- c\nWITH x(one) AS (SELECT 1) SELECT one FROM x`,
  () => sql`SELECT column1 AS one FROM (VALUES (1))`,
  () => sql`SELECT 1 AS one WHERE ':a @b $c ?' <> ''`,
];

const HANDLERS: readonly (readonly [statement: () => unknown, says: RegExp])[] = [
  [() => sql``, /empty/],
  [() => [sql`INSERT INTO ${list} VALUES (100, 'a')`, sql`;`], /empty/],
  [() => sql`INSERT INTO ${list} VALUES (100)`, /has 2 columns but 1 values/],
  [() => sql`INSERT INTO ${list} VALUES (100, 'a', 2)`, /has 2 columns but 3 values/],
  [() => sql`INSERT INTO ${list} (n) VALUES (?)`, /\$\{…\}/],
  [() => sql`INSERT INTO ${list} VALUES (100, '${"a"}')`, /inside quotes/],
  [() => sql`INSERT INTO list VALUES (100, 'a')`, /no such table: list.*\$\{table\}/],
  [() => sql`INSERT INTO ${list} (n, missing) VALUES (100, 1)`, /no column named missing/],
  [() => sql`INSERT INTO ${list} VALUES ('x', 'a')`, /mismatch|cannot store/],
  [() => sql`SELECT 1`, /only INSERT, REPLACE, UPDATE and DELETE/],
  [() => sql`-- c\nSELECT 1`, /only INSERT, REPLACE, UPDATE and DELETE/],
  [() => sql`CREATE TABLE x (a INTEGER)`, /only INSERT, REPLACE, UPDATE and DELETE/],
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

function goodHandler(index: number): Statement {
  if (index % 3 === 0) return sql`-- one\nINSERT INTO ${list} VALUES (${index}, 'a');`;
  if (index % 3 === 1) return sql`/* two */ WITH x(n) AS (VALUES (${index})) INSERT INTO ${list} SELECT n, 'b' FROM x`;
  return sql`REPLACE INTO ${list} VALUES (${index}, 'c') -- three`;
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
