import { isEventStoreError, openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { checkOffline, checkProjection, checkRebuild, checkUpcasts, fixedClock } from "rivulet/testing";
import { expect, test } from "vitest";

type CounterEvent = Event<"incremented", { by: number }> | Event<"reset", undefined>;

const total = defineProjection<number, CounterEvent>({
  name: "total",
  initial: () => 0,
  on: { incremented: (sum, { data }) => sum + data.by, reset: () => 0 },
  snapshots: { every: 2 },
});

test("a projection is compared with the state that events must lead to", async () => {
  const given = [
    { type: "incremented", data: { by: 2 } },
    { type: "reset" },
    { type: "incremented", data: { by: 3 } },
  ] as const;

  await checkProjection(total, { given, expected: 3 });
  await checkProjection(total, { given: [], expected: 0 });
  await expect(checkProjection(total, { given, expected: 5 })).rejects.toThrow("expected 5, got 3");
});

test("a projection that depends on more than its events is detected through its snapshots", async () => {
  let calls = 0;
  const impure = defineProjection<number, CounterEvent>({
    name: "impure",
    initial: () => 0,
    on: { incremented: () => (calls += 1), reset: () => 0 },
    snapshots: { every: 1 },
  });
  const given = [1, 2, 3].map((by) => ({ type: "incremented", data: { by } }) as const);

  await expect(checkProjection(impure, { given, expected: 3 })).rejects.toThrow("the state");
});

test("rebuilding a read model shows that its handlers depend on more than the event", async () => {
  await using store = await openEventStore(betterSqlite3());
  await store.stream("a").append([1, 2, 3].map((by) => ({ type: "incremented", data: { by } })));
  const seen = table("seen", "position INTEGER PRIMARY KEY, value INTEGER");
  let calls = 0;
  const define = (name: string, value: (position: number) => number) =>
    defineReadModel({
      name,
      tables: [seen],
      on: { incremented: ({ position }) => sql`INSERT INTO ${seen} VALUES (${position}, ${value(position)})` },
    });
  const everything = sql`SELECT * FROM ${seen}`;

  await checkRebuild(await store.readModel(define("pure", (position) => position)), everything);
  const impure = await store.readModel(define("impure", () => (calls += 1)));
  await expect(checkRebuild(impure, everything)).rejects.toThrow("the rebuilt answers[0][0].value");
});

const definitions = defineEvents({ a: {} });
const anything = defineProjection({ name: "anything", initial: () => 0, on: {} });
const nothing = defineDecider({ initial: () => 0, evolve: {}, decide: () => undefined });

async function rebuildWithout(): Promise<void> {
  await using store = await openEventStore(betterSqlite3());
  const seen = table("seen", "position INTEGER PRIMARY KEY");
  await checkRebuild(await store.readModel(defineReadModel({ name: "seen", tables: [seen], on: {} })));
}

/** What is given in the place of an example of an upcaster, of a query or of a time, and how the error names it. */
const MISTAKES: readonly (readonly [what: string, call: () => unknown, argument: string])[] = [
  ["an example that is a number", () => checkUpcasts(definitions, [7 as never]), "examples[0]"],
  ["an example that is null", () => checkUpcasts(definitions, [null as never]), "examples[0]"],
  [
    "an example without a version",
    () => checkUpcasts(definitions, [{ type: "a" } as never]),
    "examples[0].schemaVersion",
  ],
  [
    "an example with a type that is no text",
    () => checkUpcasts(definitions, [{ type: 7n } as never]),
    "examples[0].type",
  ],
  ["a misspelt part of an example", () => checkUpcasts(definitions, [{ expect: 1 } as never]), "expect"],
  ["an event that is a number", () => checkProjection(anything, { given: [7 as never], expected: 0 }), "events[0]"],
  [
    "refusals that are no texts",
    () => checkOffline(nothing, anything, { offline: [], expected: 0, rejected: [/x/ as never] }),
    "rejected",
  ],
  ["no query", () => rebuildWithout(), "queries"],
  ["a time that is a text", () => fixedClock().set("1" as never), "time"],
  ["a duration that is a text", () => fixedClock().advance("1" as never), "milliseconds"],
];

test.each(MISTAKES)("%s is refused by name", async (_, call, argument) => {
  const error: unknown = await Promise.resolve()
    .then(call)
    .catch((thrown: unknown) => thrown);
  if (!isEventStoreError(error)) throw error;
  expect(Object.values(error.details)).toEqual([argument]);
});
