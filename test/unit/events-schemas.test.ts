import * as v from "valibot";
import { memory, openEventStore, type StoredEvent } from "rivulet";
import { defineEvents, type EventsOf } from "rivulet/events";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { failure } from "../support/outcome.ts";

const withZod = defineEvents({
  ordered: {
    version: 2,
    schema: z.object({
      items: z.array(z.object({ name: z.string(), count: z.number().int().min(1) })).min(1),
      note: z.string().optional(),
      gift: z.boolean().default(false),
    }),
    upcast: { 1: (data: { item: string }) => ({ items: [{ name: data.item, count: 1 }], gift: false }) },
  },
  shipped: { schema: z.literal("by post") },
});

const withValibot = defineEvents({
  ordered: {
    version: 2,
    schema: v.object({
      items: v.pipe(
        v.array(v.object({ name: v.string(), count: v.pipe(v.number(), v.integer(), v.minValue(1)) })),
        v.minLength(1),
      ),
      note: v.optional(v.string()),
      gift: v.optional(v.boolean(), false),
    }),
    upcast: { 1: (data: { item: string }) => ({ items: [{ name: data.item, count: 1 }], gift: false }) },
  },
  shipped: { schema: v.literal("by post") },
});

interface Ordered {
  items: { name: string; count: number }[];
  note?: string | undefined;
  gift: boolean;
}

type Wanted =
  | { readonly type: "ordered"; readonly data: Ordered }
  | { readonly type: "shipped"; readonly data: "by post" };

expectTypeOf<EventsOf<typeof withZod>>().toExtend<Wanted>();
expectTypeOf<EventsOf<typeof withValibot>>().toExtend<Wanted>();

describe.each([
  ["zod", withZod],
  ["valibot", withValibot],
])("definitions with schemas of %s", (_, events) => {
  test("accept valid events, with the output of the schema", async () => {
    await using store = await openEventStore(memory(), { events });
    const given = { items: [{ name: "tea", count: 2, price: 3 }], colour: "green" };

    const [ordered] = (
      await store.stream("a").append([
        { type: "ordered", data: given as never },
        { type: "shipped", data: "by post" },
      ])
    ).events;

    expect(ordered?.data).toEqual({ items: [{ name: "tea", count: 2 }], gift: false });
    expect(ordered?.schemaVersion).toBe(2);
  });

  test.each([
    ["events[1].data.items[0].count", { type: "ordered", data: { items: [{ name: "tea", count: 0 }], gift: true } }],
    ["events[1].data.items[1].name", { type: "ordered", data: { items: [{ name: "tea", count: 1 }, { count: 1 }] } }],
    ["events[1].data.items", { type: "ordered", data: { items: [], gift: true } }],
    ["events[1].data.items", { type: "ordered", data: {} }],
    ["events[1].data", { type: "ordered" }],
    ["events[1].data", { type: "shipped", data: "by air" }],
    ["events[1].type", { type: "returned" }],
  ])("refuse what is wrong at %s, and write nothing", async (path, wrong) => {
    await using store = await openEventStore(memory(), { events });

    const error = await failure(
      store.stream("a").append([{ type: "shipped", data: "by post" }, wrong as never]),
      "invalid-event",
    );

    expect(error.details.path).toBe(path);
    expect(await store.head()).toBe(0);
  });
});

test("an asynchronous schema is refused by the append", async () => {
  const unique = async (name: string): Promise<boolean> => Promise.resolve(name !== "ada");
  for (const schema of [z.string().refine(unique), v.pipeAsync(v.string(), v.checkAsync(unique))]) {
    await using store = await openEventStore(memory(), { events: defineEvents({ registered: { schema } }) });

    for (const data of ["ada", "bob"]) {
      const error = await failure(store.stream("a").append({ type: "registered", data }), "invalid-argument");
      expect(error.details.argument).toBe("events.registered.schema");
    }
    expect(await store.head()).toBe(0);
  }
});

test("a store knows the events of its definitions", async () => {
  await using store = await openEventStore(memory(), { events: withZod });
  await store.stream("a").append({ type: "ordered", data: { items: [{ name: "tea", count: 2 }], gift: true } });

  const [event] = await store.stream("a").read().toArray();

  expectTypeOf(event).toEqualTypeOf<StoredEvent<EventsOf<typeof withZod>> | undefined>();
  expect(event?.type === "ordered" ? event.data.items[0]?.name : undefined).toBe("tea");
});
