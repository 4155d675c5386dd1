import { Kysely, sql as raw, SqliteAdapter, SqliteQueryCompiler, DummyDriver, SqliteIntrospector } from "kysely";
import { openEventStore, type Event, type EventStore, type ReadModel } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { kyselyFor, statementOf } from "rivulet/kysely";
import { pglite } from "rivulet/pglite";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { beforeAll, describe, expect, test } from "vitest";

type RoomEvent =
  | Event<"booked", { guest: string; nights: number }>
  | Event<"extended", { guest: string; nights: number }>
  | Event<"left", { guest: string }>;

const stays = table("stays", { guest: "TEXT PRIMARY KEY", room: "TEXT NOT NULL", nights: "INTEGER NOT NULL" });
const rooms = table("rooms", { name: "TEXT PRIMARY KEY", booked: "INTEGER NOT NULL", note: "TEXT" });
const db = kyselyFor({ stays, rooms });

/** The same model in two schemas, whose tables are side by side. */
const hotel = (schema: number, factor = 1) =>
  defineReadModel<RoomEvent>({
    name: "hotel",
    schema,
    tables: [stays, rooms],
    on: {
      booked: ({ stream, data: { guest, nights } }) => [
        statementOf(db.insertInto("stays").values({ guest, room: stream, nights: nights * factor })),
        statementOf(
          db
            .insertInto("rooms")
            .values({ name: stream, booked: 1, note: null })
            .onConflict((conflict) =>
              conflict.column("name").doUpdateSet((set) => ({ booked: set("rooms.booked", "+", 1) })),
            ),
        ),
      ],
      extended: ({ data: { guest, nights } }) =>
        statementOf(
          db
            .updateTable("stays")
            .set((set) => ({ nights: set("nights", "+", nights * factor) }))
            .where("guest", "=", guest),
        ),
      left: ({ data: { guest } }) => statementOf(db.deleteFrom("stays").where("guest", "=", guest)),
    },
  });

/** Queries with their counterparts that are written by hand. */
const QUERIES = {
  "a selection with conditions": [
    db
      .selectFrom("stays")
      .select(["guest", "nights"])
      .where("nights", ">", 2)
      .where("room", "in", ["a", "b"])
      .orderBy("guest"),
    sql`SELECT guest, nights FROM ${stays} WHERE nights > ${2} AND room IN ${["a", "b"]} ORDER BY guest`,
  ],
  "a join with qualified columns and all of a table": [
    db
      .selectFrom("stays")
      .innerJoin("rooms", "rooms.name", "stays.room")
      .selectAll("stays")
      .select("rooms.booked")
      .orderBy("stays.guest"),
    sql`SELECT ${stays}.*, ${rooms}.booked FROM ${stays} JOIN ${rooms} ON ${rooms}.name = ${stays}.room ORDER BY ${stays}.guest`,
  ],
  "aliases of tables and columns": [
    db
      .selectFrom("stays as s")
      .leftJoin("rooms as r", "r.name", "s.room")
      .select(["s.guest as who", "r.note"])
      .where("r.note", "is", null)
      .orderBy("who", "desc"),
    sql`SELECT s.guest AS who, r.note FROM ${stays} s LEFT JOIN ${rooms} r ON r.name = s.room WHERE r.note IS NULL ORDER BY who DESC`,
  ],
  "a common table expression, a subquery and an aggregate": [
    db
      .with("long", (of) => of.selectFrom("stays").selectAll().where("nights", ">=", 3))
      .selectFrom("long")
      .select((of) => [
        "room",
        of.fn.sum<number>("nights").as("total"),
        of.selectFrom("rooms").select("booked").whereRef("rooms.name", "=", "long.room").as("count"),
      ])
      .groupBy("room")
      .orderBy("room")
      .limit(5),
    sql`WITH long AS (SELECT * FROM ${stays} WHERE nights >= ${3})
        SELECT room, SUM(nights) AS total, (SELECT booked FROM ${rooms} WHERE name = long.room) AS count
        FROM long GROUP BY room ORDER BY room LIMIT ${5}`,
  ],
  "parts of a query as SQL": [
    db.selectFrom("stays").select(raw<number>`max(nights) + ${1}`.as("more")),
    sql`SELECT MAX(nights) + ${1} AS more FROM ${stays}`,
  ],
} as const;

describe.each([
  ["SQLite", () => betterSqlite3()],
  ["PostgreSQL", () => pglite()],
] as const)("Kysely over read models in %s", (_name, adapter) => {
  let store: EventStore;
  let model: ReadModel;

  beforeAll(async () => {
    store = await openEventStore(adapter());
    model = await store.readModel(hotel(1));
    await append("a", { type: "booked", data: { guest: "Ada", nights: 3 } });
    await append("a", { type: "booked", data: { guest: "Bo", nights: 2 } });
    await append("b", { type: "booked", data: { guest: "Cy", nights: 4 } });
    await append("b", { type: "extended", data: { guest: "Cy", nights: 1 } });
    await append("b", { type: "booked", data: { guest: "Di", nights: 9 } });
    await append("b", { type: "left", data: { guest: "Di" } });
    await model.caughtUp();
    return () => store.close();
  });

  test.each(Object.keys(QUERIES) as (keyof typeof QUERIES)[])(
    "%s gives the rows of the SQL written by hand",
    async (name) => {
      const [query, byHand] = QUERIES[name];
      const rows = await model.query(statementOf<unknown>(query));

      expect(rows).toEqual(await model.query(byHand));
      expect(rows.length).toBeGreaterThan(0);
      expect(await model.query(statementOf<unknown>(query.compile()))).toEqual(rows);
    },
  );

  test("a live query follows the tables", async () => {
    const live = model.live(statementOf(db.selectFrom("rooms").select("booked").where("name", "=", "c")));
    const { position } = await append("c", { type: "booked", data: { guest: "Ed", nights: 1 } });

    expect((await live.caughtUp(position)).state).toEqual([{ booked: 1 }]);
    live.close();
    await append("c", { type: "left", data: { guest: "Ed" } });
    await model.caughtUp();
  });

  test("statements name the tables of the schema that uses them", async () => {
    const newer = await store.readModel(hotel(2, 100));
    await newer.caughtUp();
    const nights = statementOf(db.selectFrom("stays").select("nights").where("guest", "=", "Ada"));

    expect(await newer.query(nights)).toEqual([{ nights: 300 }]);
    await newer.close();
  });

  const append = (stream: string, event: RoomEvent) => store.stream<RoomEvent>(stream).append(event);
});

test("what another Kysely has built, taken names and values that SQL cannot keep are refused", () => {
  const other = new Kysely<{ stays: { guest: string } }>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (any) => new SqliteIntrospector(any),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
  const refused = (call: () => unknown): string => {
    try {
      call();
      return "accepted";
    } catch (error) {
      const { code, details } = error as { code?: string; details?: { argument?: string } };
      return `${code}: ${details?.argument}`;
    }
  };

  expect(refused(() => statementOf(other.selectFrom("stays").selectAll()))).toBe("invalid-argument: query");
  expect(refused(() => statementOf(db.selectFrom("stays as rooms").selectAll()))).toBe("invalid-argument: query");
  const date = new Date(0) as unknown as string;
  expect(refused(() => statementOf(db.selectFrom("stays").select("room").where("guest", "=", date)))).toBe(
    "invalid-argument: values[1]",
  );
  expect(refused(() => kyselyFor({ stays: { columns: "" } as never }))).toBe("invalid-argument: tables");
});

test("a table of columns as an object is that of its text, and faulty ones are refused with the table's name", () => {
  expect(stays.columns).toBe("guest TEXT PRIMARY KEY, room TEXT NOT NULL, nights INTEGER NOT NULL");
  expect(() => table("stays", { guest: "" })).toThrow(/"guest" of "stays"/);
  expect(() => table("stays", { guest: 7 as never })).toThrow(/"guest" of "stays"/);
  expect(() => table("stays", { "guest; --": "TEXT" })).toThrow(/columns must be letters/);
  expect(() => table("stays", {})).toThrow(/the columns of "stays"/);
});
