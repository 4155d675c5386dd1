import type { Event, EventStore, PerDialect, ReadModel } from "../../../index.ts";
import { defineReadModel, sql, table, type TableOptions } from "../../../read-models/index.ts";
import { equal, fails } from "../../assert.ts";
import { asLists, type Case } from "../../context.ts";

type Tried = Event<"tried", { index: number }>;

const own = table("own", {
  sqlite: "n INTEGER PRIMARY KEY, word TEXT, extra ANY",
  postgres: 'n bigint PRIMARY KEY, word text COLLATE "C", extra jsonb',
});

type Statement = ReturnType<typeof sql>;

/** What is tried in one dialect of SQL. In the texts, `TABLE` stands for the model's own table. */
export interface GuardTexts {
  readonly dialect: "sqlite" | "postgres";
  /** Look at, or call, what is no business of a query. */
  readonly reading: readonly string[];
  /** Write to anything but the own table, or write where only a query may be. */
  readonly writing: readonly string[];
  /** Refer to something outside the model. */
  readonly tables: readonly (readonly [columns: string, options?: TableOptions])[];
  readonly harmless: readonly string[];
  /** Leave one row, with the number 7 and the word "last". */
  readonly harmlessWrites: readonly string[];
  readonly lastExtra: unknown;
}

/** A statement as somebody wrote it, without values. */
function literally(text: string): Statement {
  return sql(Object.assign([text], { raw: [text] }));
}

/** Looks at, or calls, what is no business of a query: other tables, the file, the connection, the machine. */
export const READING: readonly string[] = [
  "SELECT * FROM events",
  "SELECT * FROM main.events",
  "SELECT count(*) FROM streams",
  "SELECT (SELECT data FROM events LIMIT 1)",
  "SELECT 1 WHERE EXISTS (SELECT 1 FROM events)",
  "SELECT 1 UNION SELECT value FROM meta",
  "WITH x AS (SELECT * FROM models) SELECT * FROM x",
  "SELECT * FROM leases ORDER BY 1 DESC",
  "SELECT max(position) FROM events",
  "SELECT * FROM snapshots",
  "SELECT * FROM consumers",
  "SELECT * FROM parked",
  'SELECT * FROM "other.1.own"',
  "SELECT * FROM sqlite_schema",
  "SELECT * FROM sqlite_master",
  "SELECT * FROM sqlite_temp_schema",
  "SELECT * FROM sqlite_sequence",
  "SELECT * FROM sqlite_dbpage",
  "SELECT data FROM sqlite_dbpage WHERE pgno = 1",
  "SELECT * FROM sqlite_dbpage('main')",
  "SELECT * FROM dbstat",
  "SELECT * FROM sqlite_stmt",
  "SELECT * FROM bytecode('SELECT 1')",
  "SELECT * FROM tables_used('SELECT 1')",
  "SELECT * FROM fts5vocab",
  "SELECT * FROM pragma_table_list",
  "SELECT * FROM pragma_table_info('events')",
  "SELECT * FROM pragma_database_list",
  "SELECT * FROM pragma_user_version",
  "SELECT * FROM pragma_journal_mode('delete')",
  "SELECT * FROM pragma_function_list",
  "SELECT * FROM pragma_wal_checkpoint",
  "SELECT * FROM json_each('[1]'), pragma_compile_options",
  "SELECT load_extension('x')",
  "SELECT readfile('/etc/passwd')",
  "SELECT writefile('x', 'y')",
  "SELECT edit('x')",
  "SELECT fts3_tokenizer('simple')",
  "SELECT fts5(1)",
  "SELECT sqlite_compileoption_get(1)",
  "SELECT sqlite_log(1, 'x')",
  "SELECT sqlite_version()",
  "SELECT sqlite_source_id()",
  "SELECT sqlite_offset(n) FROM TABLE",
  "SELECT last_insert_rowid()",
  "SELECT changes()",
  "SELECT total_changes()",
  "SELECT rtreecheck('events')",
  "SELECT soundex('x')",
  "SELECT sum(last_insert_rowid()) OVER ()",
  "SELECT * FROM TABLE WHERE last_insert_rowid() > 0",
  "SELECT count(*) FILTER (WHERE changes() = 0) FROM TABLE",
];

/** Writes, or changes what there is. */
export const WRITING: readonly string[] = [
  "INSERT INTO events SELECT * FROM events",
  "INSERT INTO meta VALUES ('a', 'b')",
  "DELETE FROM events",
  "DELETE FROM events WHERE position = 1",
  "UPDATE events SET data = '1'",
  "UPDATE OR IGNORE models SET checkpoint = 0",
  "REPLACE INTO models SELECT * FROM models",
  "WITH x AS (SELECT 1) DELETE FROM streams",
  "INSERT INTO TABLE SELECT position, 'a', 1 FROM events",
  "INSERT INTO TABLE (n) SELECT 1 FROM sqlite_dbpage",
  "INSERT INTO TABLE VALUES ((SELECT max(position) FROM events), 'a', 1)",
  "INSERT INTO TABLE VALUES (1, 'a', last_insert_rowid())",
  "UPDATE TABLE SET word = (SELECT name FROM streams)",
  "UPDATE TABLE SET word = data FROM events",
  "DELETE FROM TABLE WHERE n IN (SELECT position FROM events)",
  "INSERT INTO TABLE VALUES (1, 'a', 1) RETURNING (SELECT data FROM events)",
  "UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1",
  "UPDATE sqlite_dbpage SET data = NULL",
  "INSERT INTO sqlite_dbpage (pgno, data) VALUES (2, NULL)",
  "DELETE FROM sqlite_dbpage",
  "UPDATE sqlite_schema SET sql = ''",
  "DELETE FROM sqlite_schema",
  "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, '')",
  "DELETE FROM sqlite_sequence",
  "UPDATE sqlite_temp_schema SET sql = ''",
  "DELETE FROM dbstat",
  'DELETE FROM "other.1.own"',
  'INSERT INTO "other.1.own" VALUES (2, NULL, NULL)',
  "UPDATE json_each SET value = 1",
  "DELETE FROM pragma_table_list",
  "DROP TABLE events",
  "DROP TABLE TABLE",
  "CREATE TABLE x (a INTEGER)",
  "CREATE TABLE x AS SELECT * FROM events",
  "CREATE TEMP TABLE x (a INTEGER)",
  "CREATE VIEW x AS SELECT * FROM events",
  "CREATE TRIGGER x AFTER INSERT ON events BEGIN DELETE FROM events; END",
  "CREATE TEMP TRIGGER x AFTER INSERT ON events BEGIN DELETE FROM events; END",
  "CREATE VIRTUAL TABLE x USING fts5(a)",
  "CREATE INDEX x ON events (data)",
  "ALTER TABLE TABLE RENAME TO events2",
  "ALTER TABLE events ADD COLUMN x",
  "ATTACH ':memory:' AS x",
  "DETACH main",
  "VACUUM",
  "VACUUM INTO 'x'",
  "REINDEX",
  "ANALYZE",
  "PRAGMA query_only = 0",
  "PRAGMA writable_schema = 1",
  "PRAGMA journal_mode = delete",
  "PRAGMA user_version = 1",
  "BEGIN",
  "COMMIT",
  "ROLLBACK",
  "SAVEPOINT x",
  "RELEASE x",
  "EXPLAIN DELETE FROM events",
];

/** Of another model's tables, of SQLite's own, or with something that a file does not survive. */
const TABLES: readonly (readonly [columns: string, options?: TableOptions])[] = [
  ["a INTEGER, model TEXT REFERENCES models(name)"],
  ["a INTEGER REFERENCES events"],
  ["a INTEGER REFERENCES sqlite_schema(rootpage)"],
  ["a INTEGER REFERENCES missing(a)"],
  ['a INTEGER REFERENCES "other.1.own"(n) ON DELETE CASCADE'],
  ["a INTEGER PRIMARY KEY, parent INTEGER REFERENCES own(a)"],
  ["a INTEGER, FOREIGN KEY (a) REFERENCES events(position) DEFERRABLE INITIALLY DEFERRED"],
  ["a INTEGER PRIMARY KEY AUTOINCREMENT"],
  ["a INTEGER DEFAULT (last_insert_rowid())"],
  ["a INTEGER DEFAULT (changes())"],
  ["a TEXT DEFAULT (sqlite_version())"],
  ["a INTEGER CHECK (load_extension('x') IS NULL)"],
  ["a INTEGER CHECK (fts3_tokenizer('simple') IS NULL)"],
  ["a INTEGER CHECK ((SELECT count(*) FROM events) > 0)"],
  ["a INTEGER, b TEXT AS (sqlite_version()) STORED"],
  ["a INTEGER, b TEXT AS (sqlite_version())", { indexes: ["b"] }],
  ["a INTEGER", { indexes: ["sqlite_version()"] }],
  ["a INTEGER", { indexes: ["(SELECT 1)"] }],
  ["a INTEGER COLLATE missing"],
];

/** Leaves the parentheses that it stands in. */
const ESCAPING: readonly string[] = [
  "a INTEGER) WITHOUT ROWID --",
  "a) /*",
  "a INTEGER) STRICT; DROP TABLE events; --",
  "a INTEGER); CREATE TRIGGER x AFTER INSERT ON events BEGIN DELETE FROM events; END --",
  ") AS SELECT * FROM events --",
];

const HARMLESS: readonly string[] = [
  "SELECT * FROM TABLE",
  "SELECT word, count(*) FROM TABLE GROUP BY word HAVING count(*) > 0 ORDER BY 2 DESC, 1 LIMIT 5 OFFSET 0",
  "SELECT DISTINCT word FROM TABLE WHERE n BETWEEN 1 AND 3 OR word LIKE 'a%' OR word GLOB 'b*'",
  "SELECT a.n, b.n FROM TABLE a JOIN TABLE b USING (word) LEFT JOIN TABLE c ON c.n = a.n + 1",
  "SELECT a.n FROM TABLE a FULL JOIN TABLE b ON a.n = b.n - 1",
  "SELECT * FROM TABLE WHERE n IN (SELECT n FROM TABLE WHERE word IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM TABLE WHERE n > 99)",
  "SELECT n, (SELECT max(n) FROM TABLE i WHERE i.n < o.n) FROM TABLE o",
  "SELECT 1 UNION SELECT 2 UNION ALL SELECT 3 EXCEPT SELECT 4 INTERSECT SELECT 1",
  "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10) SELECT sum(i) FROM c",
  "WITH RECURSIVE c(i) AS (SELECT 1 UNION SELECT i % 5 + 1 FROM c ORDER BY 1 LIMIT 9) SELECT * FROM c",
  "WITH a AS MATERIALIZED (SELECT * FROM TABLE), b AS (SELECT * FROM a) SELECT * FROM b, a",
  "SELECT n, row_number() OVER w, rank() OVER w, dense_rank() OVER w, ntile(2) OVER w FROM TABLE WINDOW w AS (ORDER BY word)",
  "SELECT n, lag(n) OVER (ORDER BY n), lead(n, 1, 0) OVER (ORDER BY n), first_value(n) OVER (PARTITION BY word ORDER BY n) FROM TABLE",
  "SELECT sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), percent_rank() OVER (ORDER BY n) FROM TABLE",
  "SELECT count(*) FILTER (WHERE n > 1), total(n), avg(n), min(n), max(word), group_concat(word, '-' ORDER BY n) FROM TABLE",
  "SELECT key, value, type FROM json_each('[1, 2]')",
  "SELECT e.value, t.fullkey FROM TABLE o, json_each(json_array(o.n, o.word)) e, json_tree('{\"a\": [1]}') t",
  "SELECT json_group_array(n), json_group_object(word, n) FROM TABLE WHERE word IS NOT NULL",
  "SELECT '{\"a\": [1]}' -> '$.a', '{\"a\": 1}' ->> 'a', json_extract('{}', '$.a'), json_set('{}', '$.a', 1), json(jsonb('[1]'))",
  "SELECT date('2026-01-02', '+1 month'), strftime('%Y', 0, 'unixepoch'), julianday('2026-01-01'), timediff('2026-01-02', '2026-01-01')",
  "SELECT upper('a') || lower('B'), substr('abc', 2), replace('abc', 'b', 'x'), instr('abc', 'c'), trim(' a '), hex('a'), printf('%05d', 7)",
  "SELECT abs(-1), round(1.5), 7 % 3, 1 << 3, ~1, 5 & 4, 5 | 2, sqrt(4), pow(2, 3), floor(1.5), coalesce(NULL, 1), iif(1, 2, 3), nullif(1, 1)",
  "SELECT CASE WHEN n > 1 THEN 'many' ELSE 'one' END, CAST(n AS TEXT), typeof(extra), quote(extra), n IS DISTINCT FROM 1 FROM TABLE",
  "SELECT (1, 2) = (1, 2), 'a' COLLATE NOCASE = 'A', x'00' IS NULL, likelihood(1, 0.5), unixepoch('2026-01-01')",
  "VALUES (1, 'a'), (2, 'b')",
];

const HARMLESS_WRITES: readonly string[] = [
  "INSERT INTO TABLE VALUES (1, 'a', 1.5)",
  "INSERT OR IGNORE INTO TABLE VALUES (1, 'b', NULL)",
  "INSERT INTO TABLE VALUES (1, 'c', x'00') ON CONFLICT (n) DO UPDATE SET word = excluded.word, extra = extra || 1 WHERE n > 0",
  "INSERT INTO TABLE VALUES (1, 'c', 1) ON CONFLICT DO NOTHING",
  "REPLACE INTO TABLE SELECT value, 'from json', key FROM json_each('[2, 3, 4]')",
  "INSERT INTO TABLE (n, word) SELECT n + 10, word FROM TABLE RETURNING n",
  "UPDATE TABLE SET word = upper(word), extra = (SELECT count(*) FROM TABLE) WHERE n > 2",
  "UPDATE TABLE AS t SET word = o.word FROM TABLE o WHERE o.n = t.n + 1",
  "WITH RECURSIVE c(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM c WHERE i < 105) INSERT INTO TABLE (n) SELECT i FROM c",
  "DELETE FROM TABLE WHERE n IN (SELECT n FROM TABLE ORDER BY n DESC LIMIT 2)",
  "DELETE FROM TABLE",
  "INSERT INTO TABLE VALUES (7, 'last', json_array(1, date(0, 'unixepoch')))",
];

/** The text for one model: `TABLE` stands for its own table. */
export function textFor(text: string, name: string): Statement {
  return literally(
    text.replaceAll(/(FROM|INTO|UPDATE|JOIN|DROP TABLE|ALTER TABLE|IGNORE|COPY|TABLE|,) TABLE/g, `$1 "${name}.1.own"`),
  );
}

function openModel(store: EventStore, name: string, statementFor: (index: number) => Statement): Promise<ReadModel> {
  const definition = defineReadModel<Tried>({
    name,
    tables: [own],
    onError: "park",
    on: { tried: ({ data }) => statementFor(data.index) },
  });
  return store.readModel(definition);
}

async function tryAll(store: EventStore, count: number): Promise<number> {
  const events = Array.from({ length: count }, (_, index) => ({ type: "tried", data: { index } }));
  return (await store.stream("a").append(events)).position;
}

/** A model whose table holds one row, which nobody else may see or change. */
async function openOther(store: EventStore): Promise<ReadModel> {
  const other = await openModel(
    store,
    "other",
    () => sql`INSERT INTO ${own} VALUES (1, 'secret', NULL) ON CONFLICT DO NOTHING`,
  );
  await other.caughtUp(await tryAll(store, 1));
  return other;
}

const rows = (model: ReadModel): Promise<unknown[]> => model.query(sql`SELECT * FROM ${own} ORDER BY n`);

/** The cases of the guard with the texts of one dialect. */
export function guardCases({
  dialect,
  reading,
  writing,
  tables,
  harmless,
  harmlessWrites,
  lastExtra,
}: GuardTexts): Case[] {
  const given = (columns: string): string | PerDialect<string> =>
    dialect === "sqlite" ? columns : { postgres: columns };
  return [
    {
      name: "no query can access anything but its read models, whatever it looks like",
      needs: "sql",
      dialect,
      async run({ open }) {
        const store = await open();
        const other = await openOther(store);
        const model = await openModel(store, "model", () => sql`DELETE FROM ${own} WHERE n < 0`);
        await model.caughtUp();
        for (const text of [...reading, ...writing]) {
          await fails(model.query(textFor(text, "model")), "invalid-argument", text);
        }
        equal(await rows(other), [{ n: 1, word: "secret", extra: null }], "the other model");
        equal([await store.head(), await model.caughtUp(await tryAll(store, 1))], [1, 2], "the store goes on");
      },
    },
    {
      name: "no handler's statement can access anything but its own model, whatever it looks like",
      needs: "sql",
      dialect,
      async run({ open }) {
        const store = await open();
        const other = await openOther(store);
        const texts = [...reading, ...writing];
        const position = await tryAll(store, texts.length);
        const before = await store.read().toArray();
        const model = await openModel(store, "model", (index) => textFor(texts[index] ?? "none", "model"));
        await model.caughtUp(position);
        const parked = await model.parked();
        equal(
          texts.filter((_, index) => !parked.some((one) => one.position === index + 2)),
          [],
          "statements that were run",
        );
        equal(await rows(model), [], "its own rows");
        equal(await rows(other), [{ n: 1, word: "secret", extra: null }], "the other model");
        equal(await store.read().toArray(), before, "events");
      },
    },
    {
      name: "what one read model may do with a text, another may not",
      needs: "sql",
      dialect,
      async run({ open }) {
        const store = await open();
        const text = "INSERT INTO \"first.1.own\" (n, word) VALUES (1, 'mine')";
        const first = await openModel(store, "first", () => literally(text));
        await first.caughtUp(await tryAll(store, 1));
        const second = await openModel(store, "second", () => literally(`${text} `));
        await second.caughtUp();
        const third = await openModel(store, "third", () => literally(text));
        await third.caughtUp();
        equal([(await second.parked()).length, (await third.parked()).length], [1, 1], "parked");
        equal(await first.parked(), [], "parked of the one whose table it is");
        equal(await rows(first), [{ n: 1, word: "mine", extra: null }], "rows");
        const asked = 'SELECT word FROM "first.1.own"';
        equal(await first.query(literally(asked)), [{ word: "mine" }], "its own query");
        await fails(second.query(literally(asked)), "invalid-argument", "another's query");
        equal(await second.query(literally(asked), { reads: [second, first] }), [{ word: "mine" }], "with both");
      },
    },
    {
      name: "a table that refers to anything outside its read model is refused, and nothing of it is left",
      needs: "sql",
      dialect,
      async run({ open }) {
        const store = await open();
        const other = await openOther(store);
        const openWith = async (columns: string, options?: TableOptions): Promise<unknown> => {
          const one = table("own", given(columns), options);
          return store.readModel(defineReadModel<Tried>({ name: "model", tables: [one], on: { tried: () => [] } }));
        };
        for (const [columns, options] of tables) await fails(openWith(columns, options), "invalid-argument", columns);
        for (const text of ESCAPING) {
          await fails(() => table("own", text), "invalid-argument", text);
          await fails(() => table("own", "a INTEGER", { indexes: [text] }), "invalid-argument", text);
        }
        equal(await rows(other), [{ n: 1, word: "secret", extra: null }], "the other model");
        const model = await openModel(store, "model", () => sql`DELETE FROM ${own} WHERE n < 0`);
        equal(await model.caughtUp(await tryAll(store, 2)), 3, "the store goes on");
      },
    },
    {
      name: "a store whose read models were refused opens again",
      needs: ["sql", "reopen"],
      dialect,
      async run({ open, reopen }) {
        const store = await open();
        const definition = (columns: string): ReturnType<typeof defineReadModel> =>
          defineReadModel<Tried>({ name: "model", tables: [table("own", given(columns))], on: { tried: () => [] } });
        for (const [columns] of tables.slice(0, 10)) {
          await fails(store.readModel(definition(columns)), "invalid-argument", columns);
        }
        const position = await tryAll(store, 2);
        await store.close();
        const again = await reopen(store);
        equal(await again.head(), position, "head");
        await (await again.readModel(definition(dialect === "sqlite" ? "a INTEGER" : "a bigint"))).caughtUp();
      },
    },
    {
      name: "queries and statements may use all of SQL on their own tables",
      needs: "sql",
      dialect,
      async run({ open }) {
        const store = await open();
        const model = await openModel(store, "model", (index) => textFor(harmlessWrites[index] ?? "none", "model"));
        await model.caughtUp(await tryAll(store, harmlessWrites.length));
        equal(await model.parked(), [], "parked");
        equal(await rows(model), [{ n: 7, word: "last", extra: lastExtra }], "rows");
        for (const text of harmless) await model.query(asLists(textFor(text, "model")));
      },
    },
  ];
}

export const sqlGuardCases: readonly Case[] = guardCases({
  dialect: "sqlite",
  reading: READING,
  writing: WRITING,
  tables: TABLES,
  harmless: HARMLESS,
  harmlessWrites: HARMLESS_WRITES,
  lastExtra: '[1,"1970-01-01"]',
});
