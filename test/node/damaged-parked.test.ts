import { openEventStore, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
import { tamper } from "../support/damage.ts";
import { temporaryPath } from "../support/temporary.ts";

type Counted = Event<"counted", number>;

const DAMAGED = 2;

/** Three events, of which a handler refuses the last two until it is told to take them. */
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

const write = (data: string): string => `UPDATE events SET data = '${data}' WHERE position = ${DAMAGED}`;

test.each([
  ["unreadable", write("oops"), write("2")],
  [
    "missing",
    `CREATE TABLE kept AS SELECT * FROM events WHERE position = ${DAMAGED}; DELETE FROM events WHERE position = ${DAMAGED}`,
    "INSERT INTO events SELECT * FROM kept; DROP TABLE kept",
  ],
])(
  "a consumer that is to retry a parked event that is %s tells its position, changes nothing, and goes on",
  async (_kind, damage, repair) => {
    const path = temporaryPath();
    const { store, refuse, heal } = await filled(path);
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
    await consumer.caughtUp();
    const parked = await consumer.parked();
    heal();

    tamper(path, damage);
    const retrying = await consumer.retryParked().catch((error: unknown) => error);
    const listing = await consumer.parked().catch((error: unknown) => error);
    tamper(path, repair);

    expect(retrying).toMatchObject({ code: "storage-corrupt", details: { position: DAMAGED } });
    expect(listing).toMatchObject({ code: "storage-corrupt", details: { position: DAMAGED } });
    expect(await consumer.parked()).toEqual(parked);
    expect(parked.map(({ position, attempts }) => [position, attempts])).toEqual([
      [2, 1],
      [3, 1],
    ]);

    await store.stream("a").append({ type: "counted", data: 1 });
    await consumer.caughtUp();
    expect([taken, consumer.error]).toEqual([[1, 1], undefined]);
    expect(await consumer.retryParked()).toEqual([]);
    expect(taken).toEqual([1, 1, 2, 3]);
    await store.close();
  },
);

test("a read model that is to retry a parked event that is damaged tells its position, changes nothing, and goes on", async () => {
  const path = temporaryPath();
  const { store, refuse, heal } = await filled(path);
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
  const listed = async (): Promise<unknown> =>
    (await model.query<{ n: number }>(sql`SELECT n FROM ${rows} ORDER BY rowid`)).map(({ n }) => n);
  await model.caughtUp();
  const parked = await model.parked();
  heal();

  tamper(path, write("oops"));
  const retrying = await model.retryParked().catch((error: unknown) => error);

  expect(retrying).toMatchObject({ code: "storage-corrupt", details: { position: DAMAGED } });
  expect(await model.parked()).toEqual(parked);
  expect(parked.map(({ position, attempts }) => [position, attempts])).toEqual([
    [2, 1],
    [3, 1],
  ]);
  expect(await listed()).toEqual([1]);

  await store.stream("a").append({ type: "counted", data: 1 });
  await model.caughtUp();
  expect([await listed(), model.error]).toEqual([[1, 1], undefined]);
  tamper(path, write("2"));
  expect(await model.retryParked()).toEqual([]);
  expect(await listed()).toEqual([1, 1, 2, 3]);
  await store.close();
});
