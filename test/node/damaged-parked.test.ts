import { openEventStore, type Event, type EventStore, type ParkedEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineEvents } from "rivulet/events";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
import { tamper } from "../support/damage.ts";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", number>;

const DAMAGED = 2;

/** Three events. The handler throws for the last two until it is told to accept them. */
async function filled(path: string): Promise<{ store: EventStore; refuse: (n: number) => void; heal: () => void }> {
  const store = await openEventStore(betterSqlite3({ path }));
  await store.stream("a").append([1, 2, 3].map((data) => ({ type: "counted", data })));
  let healed = false;
  return {
    store,
    refuse(n) {
      if (n > 1 && !healed) throw new Error(`${n} is refused`);
    },
    heal: () => (healed = true),
  };
}

/** A read model or consumer with parked events. */
interface Parking {
  parked(): Promise<ParkedEvent[]>;
  retryParked(): Promise<ParkedEvent[]>;
  caughtUp(): Promise<number>;
  readonly error: unknown;
  /** The events that the handler has handled, in order. */
  taken(): Promise<number[]>;
}

const PARKING: Readonly<
  Record<string, (store: EventStore, refuse: (n: number) => void) => Parking | Promise<Parking>>
> = {
  consumer(store, refuse) {
    const taken: number[] = [];
    const consumer = store.consume(
      defineConsumer<Counted>({
        name: "c",
        retry: { attempts: 1 },
        onError: "park",
        handler({ data }) {
          refuse(data);
          taken.push(data);
        },
      }),
    );
    return Object.create(consumer, { taken: { value: () => Promise.resolve([...taken]) } }) as Parking;
  },
  async "read model"(store, refuse) {
    const rows = table("rows", "n INTEGER");
    const model = await store.readModel(
      defineReadModel<Counted>({
        name: "m",
        tables: [rows],
        onError: "park",
        on: {
          counted({ data }) {
            refuse(data);
            return sql`INSERT INTO ${rows} VALUES (${data})`;
          },
        },
      }),
    );
    const taken = async (): Promise<number[]> =>
      (await model.query<{ n: number }>(sql`SELECT n FROM ${rows} ORDER BY rowid`)).map(({ n }) => n);
    return Object.create(model, { taken: { value: taken } }) as Parking;
  },
};

const write = (data: string): string => `UPDATE events SET data = '${data}' WHERE position = ${DAMAGED}`;

const GONE = { eventId: "", type: "" };

/** How the event is damaged and repaired, and how the list of parked events shows it meanwhile. */
const DAMAGE: Readonly<Record<string, readonly [damage: string, repair: string, told: Partial<ParkedEvent>]>> = {
  unreadable: [write("oops"), write("2"), {}],
  "of another type's number": [
    `UPDATE events SET type = 99 WHERE position = ${DAMAGED}`,
    `UPDATE events SET type = (SELECT id FROM types) WHERE position = ${DAMAGED}`,
    { type: "" },
  ],
  missing: [
    `CREATE TABLE kept AS SELECT * FROM events WHERE position = ${DAMAGED}; DELETE FROM events WHERE position = ${DAMAGED}`,
    "INSERT INTO events SELECT * FROM kept; DROP TABLE kept",
    GONE,
  ],
};

const cases = Object.keys(PARKING).flatMap((who) => Object.keys(DAMAGE).map((how) => [who, how] as const));

test.each(cases)(
  "a %s lists a parked event that is %s, stops a retry at it, changes nothing, and continues",
  async (who, how) => {
    const [damage, repair, told] = DAMAGE[how] as (typeof DAMAGE)[string];
    const path = temporaryPath();
    const { store, refuse, heal } = await filled(path);
    const parking = await (PARKING[who] as (typeof PARKING)[string])(store, refuse);
    await parking.caughtUp();
    const parked = await parking.parked();
    expect(parked.map(({ position, type, attempts }) => [position, type, attempts])).toEqual([
      [2, "counted", 1],
      [3, "counted", 1],
    ]);
    heal();

    tamper(path, damage);
    const listed = await parking.parked().catch((error: unknown) => error);
    const retrying = await parking.retryParked().catch((error: unknown) => error);
    const listedAgain = await parking.parked().catch((error: unknown) => error);
    tamper(path, repair);

    const expected = [{ ...parked[0], ...told }, parked[1]];
    expect(listed).toEqual(expected);
    expect(retrying).toMatchObject({ code: "storage-corrupt", details: { position: DAMAGED } });
    expect(listedAgain).toEqual(expected);

    expect(await parking.parked()).toEqual(parked);
    await store.stream("a").append({ type: "counted", data: 1 });
    await parking.caughtUp();
    expect([await parking.taken(), parking.error]).toEqual([[1, 1], undefined]);
    expect(await parking.retryParked()).toEqual([]);
    expect(await parking.taken()).toEqual([1, 1, 2, 3]);
    await store.close();
  },
);

test("read models and consumers list a parked event of an unknown type as it is stored", async () => {
  const path = temporaryPath();
  const before = await openEventStore(betterSqlite3({ path }));
  await before.stream("a").append({ type: "counted", data: 1, id: "one" });
  const refuse = (): never => {
    throw new Error("refused");
  };
  const consumer = defineConsumer({ name: "c", retry: { attempts: 1 }, onError: "park", handler: refuse });
  const rows = table("rows", "n INTEGER");
  const model = defineReadModel({ name: "m", tables: [rows], onError: "park", on: { counted: refuse } });
  await (await before.readModel(model)).caughtUp();
  const running = before.consume(consumer);
  await running.caughtUp();
  await before.close();

  const after = await openEventStore(betterSqlite3({ path }), { events: defineEvents({ renamed: {} }) });

  for (const handle of [await after.readModel(model), after.consume(consumer)]) {
    expect(await handle.parked()).toMatchObject([{ position: 1, eventId: "one", type: "counted" }]);
    expect(await handle.retryParked().catch((error: unknown) => error)).toMatchObject({ code: "unknown-event" });
  }
  await after.close();
});
