import { and, asc, count, desc, eq, gt, inArray, sql as raw, sum } from "drizzle-orm";
import { drizzle as drizzleOfBetterSqlite3 } from "drizzle-orm/better-sqlite3";
import {
  alias,
  blob,
  check,
  index,
  integer,
  numeric,
  primaryKey,
  real,
  sqliteTable,
  text,
} from "drizzle-orm/sqlite-core";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import { openEventStore, type Event, type EventStore, type ReadModel } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { buildOnly, drizzleTables } from "rivulet/drizzle";
import { pglite } from "rivulet/pglite";
import { defineReadModel, sql } from "rivulet/read-models";
import { follow } from "rivulet/sync";
import { beforeAll, describe, expect, expectTypeOf, test } from "vitest";

type RoomEvent =
  | Event<"opened", { name: string; note: string | null }>
  | Event<"booked", { room: string; guest: string; nights: number; paid: boolean; from: string }>
  | Event<"extended", { guest: string; nights: number }>
  | Event<"left", { guest: string }>;

const rooms = sqliteTable("rooms", { name: text().primaryKey(), remark: text("note") }, (own) => [
  index("unused").on(own.remark, own.name),
]);
const stays = sqliteTable(
  "stays",
  {
    // The same name as in the other table, and fields that are not named as their columns.
    name: text().notNull(),
    room: text("room_name").notNull(),
    nights: integer().notNull(),
    isPaid: integer("paid", { mode: "boolean" }).notNull(),
    from: integer("from_time", { mode: "timestamp_ms" }),
    price: real().notNull().default(9.5),
    tags: text("tag_list", { mode: "json" }).$type<readonly string[]>(),
  },
  ({ name, room }) => [primaryKey({ columns: [room, name] })],
);
const db = drizzle(buildOnly);
const { tables, statementOf } = drizzleTables({ rooms, stays });

/** The same model in two schemas, whose tables are side by side. */
const hotel = (schema: number, factor = 1) =>
  defineReadModel<RoomEvent>({
    name: "hotel",
    schema,
    tables: [tables.rooms, tables.stays],
    on: {
      opened: ({ data: { name, note } }) => statementOf(db.insert(rooms).values({ name, remark: note })),
      booked: ({ data: { room, guest, nights, paid, from } }) =>
        statementOf(
          db.insert(stays).values({
            name: guest,
            room,
            nights: nights * factor,
            isPaid: paid,
            from: new Date(from),
            tags: ["?", `"rooms"`, guest],
          }),
        ),
      extended: ({ data: { guest, nights } }) =>
        statementOf(
          db
            .update(stays)
            .set({ nights: raw`${stays.nights} + ${nights * factor}` })
            .where(eq(stays.name, guest)),
        ),
      left: ({ data: { guest } }) => statementOf(db.delete(stays).where(eq(stays.name, guest))),
    },
  });

const other = alias(stays, "other");
const long = db.$with("long").as(db.select().from(stays).where(gt(stays.nights, 2)));
const DAY = "2026-01-02T03:04:05.678Z";
const ada = { name: "Ada", room: "a", nights: 3, isPaid: true, from: new Date(DAY), price: 9.5 };
const bo = { ...ada, name: "Bo", nights: 2, isPaid: false };

/** Queries with the rows that they must give. */
const QUERIES = {
  "all of a table, with fields, modes and defaults of Drizzle": [
    db
      .select()
      .from(stays)
      .where(inArray(stays.name, ["Ada", "Bo"]))
      .orderBy(asc(stays.name)),
    [
      { ...ada, tags: ["?", `"rooms"`, "Ada"] },
      { ...bo, tags: ["?", `"rooms"`, "Bo"] },
    ],
  ],
  "a join whose tables have columns of one name": [
    db
      .select()
      .from(rooms)
      .innerJoin(stays, eq(stays.room, rooms.name))
      .where(and(eq(stays.isPaid, true), eq(stays.nights, 3))),
    [{ rooms: { name: "a", remark: "east" }, stays: { ...ada, tags: ["?", `"rooms"`, "Ada"] } }],
  ],
  "a join that finds nothing on one side": [
    db
      .select({ room: rooms.name, guest: { name: stays.name, paid: stays.isPaid } })
      .from(rooms)
      .leftJoin(stays, eq(stays.room, rooms.name))
      .where(eq(rooms.name, "c")),
    [{ room: "c", guest: null }],
  ],
  "a table joined with itself": [
    db
      .select({ one: stays.name, two: other.name })
      .from(stays)
      .innerJoin(other, and(eq(other.room, stays.room), gt(other.name, stays.name))),
    [{ one: "Ada", two: "Bo" }],
  ],
  "aggregates and parts in SQL": [
    db
      .select({
        room: stays.room,
        guests: count(),
        nights: sum(stays.nights).mapWith(Number),
        max: raw<number>`max(${stays.nights}) + ${1}`,
      })
      .from(stays)
      .groupBy(stays.room)
      .orderBy(desc(stays.room)),
    [
      { room: "b", guests: 1, nights: 5, max: 6 },
      { room: "a", guests: 2, nights: 5, max: 4 },
    ],
  ],
  "a common table expression and a text that looks like a name and a value": [
    db
      .with(long)
      .select({ name: long.name, text: raw<string>`'?"rooms"'` })
      .from(long)
      .orderBy(long.name)
      .limit(1),
    [{ name: "Ada", text: `?"rooms"` }],
  ],
} as const;

describe.each([
  ["SQLite", () => betterSqlite3()],
  ["PostgreSQL", () => pglite()],
] as const)("Drizzle over read models in %s", (_name, adapter) => {
  let store: EventStore;
  let model: ReadModel;

  beforeAll(async () => {
    store = await openEventStore(adapter());
    model = await store.readModel(hotel(1));
    const booked = (room: string, guest: string, nights: number): RoomEvent => ({
      type: "booked",
      data: { room, guest, nights, paid: guest !== "Bo", from: DAY },
    });
    await store
      .stream<RoomEvent>("hotel")
      .append([
        { type: "opened", data: { name: "a", note: "east" } },
        { type: "opened", data: { name: "c", note: null } },
        booked("a", "Ada", 3),
        booked("a", "Bo", 2),
        booked("b", "Cy", 4),
        { type: "extended", data: { guest: "Cy", nights: 1 } },
        booked("b", "Di", 9),
        { type: "left", data: { guest: "Di" } },
      ]);
    await model.caughtUp();
    return () => store.close();
  });

  test.each(Object.keys(QUERIES) as (keyof typeof QUERIES)[])("%s", async (name) => {
    const [query, rows] = QUERIES[name];
    expect(await model.query(statementOf<readonly unknown[]>(query))).toEqual(rows);
  });

  test("a live query follows the tables, with the rows of Drizzle", async () => {
    const live = model.live(statementOf(db.select({ free: rooms.name }).from(rooms).where(eq(rooms.remark, "new"))));
    const { position } = await store
      .append([{ stream: "hotel", events: { type: "opened", data: { name: "d", note: "new" } } }])
      .then(([result]) => result ?? { position: 0 });

    expect((await live.caughtUp(position)).state).toEqual([{ free: "d" }]);
    live.close();
  });

  test("statements name the tables of the schema that uses them, also within one made with sql", async () => {
    const newer = await store.readModel(hotel(2, 100));
    await newer.caughtUp();
    const nights = statementOf(db.select({ n: stays.nights }).from(stays).where(eq(stays.name, "Ada")));

    expect(await newer.query(nights)).toEqual([{ n: 300 }]);
    expect(await newer.query(sql`SELECT (${nights}) + count(*) AS n FROM ${tables.rooms} WHERE name = ${"a"}`)).toEqual(
      [{ n: 301 }],
    );
    await newer.close();
  });

  test("a query cannot write", async () => {
    const writing = statementOf(db.delete(stays).returning());
    await expect(model.query(writing)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

test("an insertion that conflicts updates, in SQLite", async () => {
  const store = await openEventStore(betterSqlite3());
  const counts = sqliteTable("counts", { stream: text().primaryKey(), events: integer("n").notNull() });
  const made = drizzleTables({ counts });
  const counting = defineReadModel<RoomEvent>({
    name: "counting",
    tables: [made.tables.counts],
    on: {
      left: ({ stream }) =>
        made.statementOf(
          db
            .insert(counts)
            .values({ stream, events: 1 })
            .onConflictDoUpdate({ target: counts.stream, set: { events: raw`${counts.events} + 1` } }),
        ),
    },
  });
  const model = await store.readModel(counting);
  for (const guest of ["Ada", "Bo"]) await store.stream<RoomEvent>("a").append({ type: "left", data: { guest } });
  await model.caughtUp();

  expect(await model.query(made.statementOf(db.select().from(counts)))).toEqual([{ stream: "a", events: 2 }]);
  await store.close();
});

test("a replica's queries have the rows of Drizzle, with what is pending in them", async () => {
  const store = await openEventStore(betterSqlite3());
  // A hub is never reached, so that the event stays pending.
  const fetch = () => Promise.reject(new TypeError("offline"));
  const replica = await follow(store, { url: "https://hub.test/sync", fetch, streams: ["hotel"] });
  const model = await store.readModel(hotel(1));
  const data = { room: "a", guest: "Ada", nights: 3, paid: true, from: DAY };
  await replica.stream<RoomEvent>("hotel").append({ type: "booked", data });
  const query = statementOf(db.select({ guest: stays.name, from: stays.from, isPaid: stays.isPaid }).from(stays));

  const { rows, pending } = await replica.query(model, query);
  expect([rows, pending]).toEqual([[{ guest: "Ada", from: new Date(DAY), isPaid: true }], 1]);
  expect(await model.query(query)).toEqual([]);
  await replica.close();
  await store.close();
});

test("rows have the types that Drizzle infers", () => {
  const joined = statementOf(db.select().from(rooms).leftJoin(stays, eq(stays.room, rooms.name)));
  const rowsOf = (model: ReadModel) => model.query(joined);
  expectTypeOf<Awaited<ReturnType<typeof rowsOf>>>().toEqualTypeOf<
    { rooms: typeof rooms.$inferSelect; stays: typeof stays.$inferSelect | null }[]
  >();
  expectTypeOf(statementOf(db.delete(rooms))._rivulet?.row).toEqualTypeOf<undefined>();
});

test("queries with the same SQL and other rows are told apart by their text, which is the same when they are built again", () => {
  const modes = sqliteTable("stays", {
    from: integer("from_time", { mode: "timestamp" }),
    isPaid: integer("paid"),
    tags: text("tag_list"),
  });
  const twin = alias(stays, "twin");
  const SELECTIONS = {
    fields: () => db.select({ guest: stays.name, paid: stays.isPaid }).from(stays),
    "other fields": () => db.select({ name: stays.name, isPaid: stays.isPaid }).from(stays),
    "fields within one": () => db.select({ guest: { name: stays.name, paid: stays.isPaid } }).from(stays),
    milliseconds: () => db.select({ value: stays.from }).from(stays),
    seconds: () => db.select({ value: modes.from }).from(modes),
    boolean: () => db.select({ value: stays.isPaid }).from(stays),
    number: () => db.select({ value: modes.isPaid }).from(modes),
    JSON: () => db.select({ value: stays.tags }).from(stays),
    text: () => db.select({ value: modes.tags }).from(modes),
    "a sum as text": () => db.select({ value: sum(stays.nights) }).from(stays),
    "a sum as a number": () => db.select({ value: sum(stays.nights).mapWith(Number) }).from(stays),
    "a sum as a date": () => db.select({ value: sum(stays.nights).mapWith((at) => new Date(Number(at))) }).from(stays),
    "with an alias": () => db.select({ value: raw`1`.mapWith(twin.isPaid).as("value") }).from(alias(stays, "twin")),
    "with an alias, as text": () => db.select({ value: raw`1`.mapWith(String).as("value") }).from(alias(stays, "twin")),
  };
  const textOf = (build: () => unknown): string =>
    JSON.stringify((drizzleTables({ stays }).statementOf as (query: unknown) => unknown)(build()));
  const texts = Object.values(SELECTIONS).map(textOf);
  expect(new Set(texts).size).toBe(texts.length);
  expect(Object.values(SELECTIONS).map(textOf)).toEqual(texts);
});

test.each([
  ["SQLite", () => betterSqlite3()],
  ["PostgreSQL", () => pglite()],
] as const)("a row that is inserted with sql has Drizzle's default values, in %s", async (_name, adapter) => {
  const halls = sqliteTable("halls", {
    name: text().primaryKey(),
    seats: integer().notNull().default(7),
    depth: real().default(-1.5),
    isOpen: integer("open", { mode: "boolean" }).notNull().default(true),
    since: integer({ mode: "timestamp_ms" }).default(new Date(DAY)),
    motto: text().default('it\'s; "?"'),
    tags: text({ mode: "json" }).default(["a"]),
    nothing: text().default(null as never),
  });
  const made = drizzleTables({ halls });
  const store = await openEventStore(adapter());
  const model = await store.readModel(
    defineReadModel<RoomEvent>({
      name: "halls",
      tables: [made.tables.halls],
      on: {
        opened: () => [
          sql`INSERT INTO ${made.tables.halls} (name) VALUES (${"sql"})`,
          made.statementOf(db.insert(halls).values({ name: "Drizzle" })),
        ],
      },
    }),
  );
  await store.stream<RoomEvent>("a").append({ type: "opened", data: { name: "a", note: null } });
  await model.caughtUp();
  const [byDrizzle, bySql] = await model.query(made.statementOf(db.select().from(halls).orderBy(asc(halls.name))));
  expect(bySql).toEqual({ ...byDrizzle, name: "sql" });
  expect(bySql).toMatchObject({
    seats: 7,
    depth: -1.5,
    isOpen: true,
    since: new Date(DAY),
    tags: ["a"],
    nothing: null,
  });
  await store.close();
});

test("what the tables of a read model cannot have is refused with the table's name", () => {
  const plain = sqliteTable("plain", { id: text().primaryKey() });
  const REFUSED = {
    references: sqliteTable("t", { id: text().references(() => plain.id) }),
    checks: sqliteTable("t", { id: text() }, ({ id }) => [check("short", raw`length(${id}) < 9`)]),
    'columns of the type "numeric"': sqliteTable("t", { id: numeric() }),
    "generated columns": sqliteTable("t", { id: text().generatedAlwaysAs(raw`1`) }),
    autoIncrement: sqliteTable("t", { id: integer().primaryKey({ autoIncrement: true }) }),
    "defaults made with sql, but values and $defaultFn()": sqliteTable("t", { id: text().default(raw`lower('A')`) }),
    "defaults that are no text or number": sqliteTable("t", { id: blob().default(Buffer.of(1)) }),
    "partial indexes": sqliteTable("t", { id: text() }, ({ id }) => [index("i").on(id).where(gt(id, "a"))]),
    "indexes of expressions": sqliteTable("t", { id: text() }, ({ id }) => [index("i").on(raw`lower(${id})`)]),
  };
  for (const [what, one] of Object.entries(REFUSED))
    expect(() => drizzleTables({ one }), what).toThrow(`"t": the tables of a read model have no ${what}`);
  expect(() => drizzleTables({ one: { $inferSelect: {} } })).toThrow(/"one" must be made with sqliteTable/);
  const ambiguous = sqliteTable("t", { plain: text() });
  expect(() => drizzleTables({ plain, ambiguous })).toThrow(/the column "plain" of "t"/);
  const twin = sqliteTable("plain", { other: text() });
  expect(() => drizzleTables({ plain, twin })).toThrow(/two tables are named "plain"/);
});

test("what cannot be made a statement is refused, and nothing that is built is executed", async () => {
  const bySqlite = drizzleOfBetterSqlite3.mock();
  const refused = { code: "invalid-argument" };
  const failureOf = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      return error;
    }
  };
  expect(failureOf(() => statementOf(bySqlite.select().from(rooms)))).toMatchObject(refused);
  expect(failureOf(() => statementOf(undefined as never))).toMatchObject(refused);
  const later = db
    .select()
    .from(rooms)
    .where(eq(rooms.name, raw.placeholder("name")));
  expect(failureOf(() => statementOf(later))).toMatchObject(refused);
  await expect(db.select().from(rooms)).rejects.toMatchObject({ cause: refused });
});
