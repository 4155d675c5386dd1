/** What the compiler must accept and refuse of tables, typed rows and chosen types. Compiled with the tests, never run. */
import type { Event, EventReader, EventStore, EventWatcher, QueryFor, SqlQuery, SqlValue, StoredEvent } from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import type { Decider } from "rivulet/deciders";
import { kyselyFor, statementOf } from "rivulet/kysely";
import type { Projection } from "rivulet/projections";
import { useLiveQuery } from "rivulet/react";
import { sql, table, type ReadModel, type RowOf } from "rivulet/read-models";
import { expectTypeOf } from "vitest";

const stays = table("stays", {
  guest: "TEXT PRIMARY KEY",
  nights: "INTEGER NOT NULL",
  price: "real not null default 0",
  note: "TEXT",
  picture: "BLOB",
  anything: "ANY NOT NULL",
});
const untyped = table("untyped", "guest TEXT PRIMARY KEY");

interface Stay {
  guest: string;
  nights: number;
  price: number;
  note: string | null;
  picture: Uint8Array | null;
  anything: SqlValue;
}

export async function rows(model: ReadModel): Promise<void> {
  expectTypeOf<RowOf<typeof stays>>().branded.toEqualTypeOf<Stay>();
  expectTypeOf<RowOf<typeof untyped>>().toEqualTypeOf<Readonly<Record<string, SqlValue>>>();
  const [row] = await model.query<RowOf<typeof stays>>(sql`SELECT * FROM ${stays}`);
  expectTypeOf(row?.note).toEqualTypeOf<string | null | undefined>();
  expectTypeOf(await model.query(sql`SELECT 1 FROM ${stays}`)).toEqualTypeOf<Readonly<Record<string, SqlValue>>[]>();
  interface GuestRow {
    readonly guest: string;
    readonly note: string | null;
    readonly any: unknown;
  }
  expectTypeOf(await model.query<GuestRow>(sql`SELECT * FROM ${stays}`)).toEqualTypeOf<GuestRow[]>();
  // @ts-expect-error SQL keeps no dates.
  await model.query<{ from: Date }>(sql`SELECT * FROM ${stays}`);
  // @ts-expect-error SQL keeps booleans as numbers.
  model.live<{ paid: boolean }>(sql`SELECT * FROM ${stays}`);
  // @ts-expect-error So it is in components.
  useLiveQuery<{ paid: boolean }>(model, sql`SELECT * FROM ${stays}`);
  // @ts-expect-error One of the rows has a date.
  await model.query<{ a: number } | { b: Date }>(sql`SELECT * FROM ${stays}`);
  // @ts-expect-error One of the rows has a date, beside what the other has.
  await model.query<{ a: number } | { a: number; b: Date }>(sql`SELECT * FROM ${stays}`);
  // @ts-expect-error A row is an object.
  await model.query<number>(sql`SELECT 1`);
  // @ts-expect-error A row is an object.
  await model.query<"oops">(sql`SELECT 1`);
  // @ts-expect-error A row is an object, by the names of the columns.
  await model.query<readonly number[]>(sql`SELECT 1`);
  await model.query<{ a: number } | { b: string | null }>(sql`SELECT * FROM ${stays}`);
  const first = async <Row>(query: QueryFor<Row>): Promise<Row | undefined> => (await model.query<Row>(query))[0];
  expectTypeOf(await first<GuestRow>(sql`SELECT * FROM ${stays}`)).toEqualTypeOf<GuestRow | undefined>();
  // @ts-expect-error A function around it is checked, too.
  await first<{ from: Date }>(sql`SELECT * FROM ${stays}`);
  table("both", { sqlite: "a TEXT", postgres: "a jsonb" });
  // @ts-expect-error A definition is a text.
  table("wrong", { guest: 7 });
}

export async function ofKysely(model: ReadModel): Promise<void> {
  const db = kyselyFor({ stays, untyped });
  const query = statementOf(db.selectFrom("stays").select(["guest", "note as remark"]));
  expectTypeOf(query).toEqualTypeOf<SqlQuery<{ guest: string; remark: string | null }>>();
  expectTypeOf(await model.query(query)).toEqualTypeOf<{ guest: string; remark: string | null }[]>();
  expectTypeOf(model.live(query).state[0]?.remark).toEqualTypeOf<string | null | undefined>();
  expectTypeOf(useLiveQuery(model, query).state).toEqualTypeOf<readonly { guest: string; remark: string | null }[]>();
  // @ts-expect-error There is no such table.
  db.selectFrom("stay");
  // @ts-expect-error There is no such column.
  db.selectFrom("stays").select("guests");
  // @ts-expect-error A column of another type.
  db.insertInto("stays").values({ guest: "Ada", nights: "two", price: 1, anything: 1 });
}

type RoomEvent = Event<"booked", { nights: number }> | Event<"left"> | Event<"cleaned", { by: string }>;
type Booked = Event<"booked", { nights: number }>;

export async function chosenTypes(
  store: EventStore<RoomEvent>,
  untypedStore: EventStore,
  wide: readonly string[],
): Promise<void> {
  for await (const event of store.read({ types: ["booked"] })) {
    expectTypeOf(event).toEqualTypeOf<StoredEvent<Booked>>();
    expectTypeOf(event.data.nights).toEqualTypeOf<number>();
  }
  for await (const { type } of store.watch({ types: ["booked", "left"] })) {
    expectTypeOf(type).toEqualTypeOf<"booked" | "left">();
  }
  for await (const event of store.at(1).read({ types: ["cleaned"] }))
    expectTypeOf(event.data.by).toEqualTypeOf<string>();
  for await (const event of store.read()) expectTypeOf(event).toEqualTypeOf<StoredEvent<RoomEvent>>();
  for await (const event of untypedStore.read({ types: ["booked"] })) {
    expectTypeOf(event).toEqualTypeOf<StoredEvent<Event<"booked", unknown>>>();
  }
  for await (const { type, data } of untypedStore.watch({ types: ["booked", "left"] })) {
    expectTypeOf(type).toEqualTypeOf<"booked" | "left">();
    expectTypeOf(data).toEqualTypeOf<unknown>();
  }
  for await (const event of untypedStore.read({ types: wide })) expectTypeOf(event).toEqualTypeOf<StoredEvent>();
  // Whoever names the events keeps all of them.
  for await (const event of untypedStore.read<RoomEvent>({ types: ["booked"] })) {
    expectTypeOf(event).toEqualTypeOf<StoredEvent<RoomEvent>>();
  }
  // @ts-expect-error There is no such type.
  store.read({ types: ["book"] });
  expectTypeOf(store).toExtend<{ read(): EventReader<RoomEvent>; watch(): EventWatcher<RoomEvent> }>();

  defineConsumer<RoomEvent, "booked">({
    name: "bookings",
    types: ["booked"],
    handler: (event) => expectTypeOf(event.data).toEqualTypeOf<{ nights: number }>(),
  });
  // @ts-expect-error What the handler is written for has to be chosen.
  defineConsumer<RoomEvent, "booked">({ name: "bookings", handler: () => undefined });
  defineConsumer<RoomEvent>({
    name: "bookings",
    types: ["booked"],
    handler: (event) => expectTypeOf(event).toEqualTypeOf<StoredEvent<RoomEvent>>(),
  });
}

export async function withoutData(store: EventStore<RoomEvent>): Promise<void> {
  const room = store.stream("room-1");
  await room.append({ type: "left" });
  // @ts-expect-error An event that is only named has no data.
  await room.append({ type: "left", data: { nights: 2 } });
  await store.stream<Event>("room-1").append({ type: "anything", data: { nights: 2 } });
  await store.stream<Event<"noted", unknown>>("room-1").append({ type: "noted", data: { nights: 2 } });
}

/** The types are where the functions are that make them. */
export type Exported = [Decider<number, number>, Projection<number>];
