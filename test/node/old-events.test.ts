import * as fc from "fast-check";
import { openEventStore, type EventDefinitions } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineEvents, type EventsOf } from "rivulet/events";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";
import * as z from "zod";
import { scriptPath } from "../support/child.ts";
import { runNode } from "../support/run-node.ts";
import { temporaryPath } from "../support/temporary.ts";

const today = defineEvents({
  ordered: {
    version: 3,
    schema: z.object({ item: z.string(), price: z.object({ amount: z.number(), currency: z.string() }) }),
    upcast: {
      1: ({ item, price }: { item: string; price: number }) => ({ item, cents: price }),
      2: ({ item, cents }: { item: string; cents: number }) => ({
        item,
        price: { amount: cents / 100, currency: "EUR" },
      }),
    },
  },
  paid: {},
});

type Ordered = Extract<EventsOf<typeof today>, { type: "ordered" }>;

const revenue = defineProjection<number, Ordered>({
  name: "revenue",
  initial: () => 0,
  on: { ordered: (sum, { data }) => sum + data.price.amount },
});

test("a store written by the first version of a shop is read by the third, through two upcasters", async () => {
  const path = temporaryPath();
  await runNode(scriptPath("shop-1"), [path, "300"]);
  for (const worker of [false, true]) {
    await using store = await openEventStore(betterSqlite3({ path, worker }), { events: today });

    const events = await store.read({ types: ["ordered"] }).toArray();
    expect(events.length).toBe(300);
    events.forEach(({ type, data, schemaVersion }, index) => {
      expect([type, schemaVersion]).toEqual(["ordered", 3]);
      expect(data).toEqual({ item: `item ${index + 1}`, price: { amount: index + 1, currency: "EUR" } });
    });
    expect((await store.load(revenue)).state).toBe(45_150);
    expect((await store.stream("order-3").load(revenue)).state).toBe(6_450);
    expect(await store.at(2).read().toArray()).toEqual((await store.read().toArray()).slice(0, 2));
  }
});

test("states rebuilt from it and queries on it have today's shape", async () => {
  const path = temporaryPath();
  await runNode(scriptPath("shop-1"), [path, "20"]);
  await using store = await openEventStore(betterSqlite3({ path }), { events: today });
  const prices = table("prices", "currency TEXT, amount REAL");
  const definition = defineReadModel<Ordered>({
    name: "prices",
    tables: [prices],
    on: {
      ordered: ({ data: { price } }) => sql`INSERT INTO ${prices} VALUES (${price.currency}, ${price.amount})`,
    },
  });
  const model = await store.readModel(definition);
  const total = sql`SELECT currency, sum(amount) AS amount FROM ${prices} GROUP BY currency`;
  const order = { type: "ordered", data: { item: "tea", price: { amount: 5, currency: "EUR" } } } as const;
  const { position } = await store.stream("order-new").append(order);
  await model.caughtUp(position);

  expect(await model.query(total)).toEqual([{ currency: "EUR", amount: 215 }]);
  await model.rebuild();
  await model.caughtUp();
  expect(await model.query(total)).toEqual([{ currency: "EUR", amount: 215 }]);
});

/** The names of the upcasters that data of a version passes through. */
function tracing(version: number): EventDefinitions {
  const step = (from: number) => (data: unknown) => [...(data as number[]), from];
  const upcast = Object.fromEntries(Array.from({ length: version - 1 }, (_, index) => [index + 1, step(index + 1)]));
  return defineEvents({ traced: { version, upcast } });
}

test("whichever versions wrote and read a store, each event passes the upcasters between them in order", async () => {
  const version = fc.integer({ min: 1, max: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(version, fc.integer({ min: 1, max: 3 })), { maxLength: 6 }),
      version,
      async (writers, reader) => {
        const path = temporaryPath();
        const written: number[] = [];
        for (const [by, count] of writers) {
          await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }), {
            events: tracing(by),
          });
          for (let n = 0; n < count; n++) {
            await store.stream("a").append({ type: "traced", data: [] });
            written.push(by);
          }
        }
        await using store = await openEventStore(betterSqlite3({ path }), {
          events: tracing(reader),
          unknownEvents: "pass",
        });
        const found = (await store.read().toArray()).map(({ data, schemaVersion }) => [data, schemaVersion]);
        expect(found).toEqual(
          written.map((by) => [
            Array.from({ length: Math.max(0, reader - by) }, (_, index) => by + index),
            Math.max(by, reader),
          ]),
        );
      },
    ),
    { numRuns: 25 },
  );
});
