import { memory, openEventStore, type EventStore, type EventStoreErrorDetails } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { defineEvents, type StandardSchema } from "rivulet/events";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { checkDecider, checkProjection } from "rivulet/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSharedStorage } from "../support/clients.ts";

/* eslint-disable unicorn/no-thenable -- Thenables are what this is about. */

/** Values that a function returns if its author forgets that it must be synchronous. */
const asynchronous: Readonly<Record<string, () => never>> = {
  "an async function that resolves": (async () => 1) as () => never,
  "an async function that rejects": (async () => {
    throw new Error("late");
  }) as () => never,
  "a function that returns a thenable": (() => ({ then: (resolve: (value: number) => void) => resolve(1) })) as never,
  "a function that returns a thenable that throws": (() => ({
    then() {
      throw new Error("late");
    },
  })) as never,
};

interface Refusal {
  readonly code: keyof EventStoreErrorDetails;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A use of a function that returns a promise, and the expected refusal. */
interface Use {
  readonly refused: Refusal;
  /** Runs the use, which rejects; also checks what is stored meanwhile. */
  run(late: () => never): Promise<unknown>;
}

const first = expect.any(String) as unknown;
const atFirst = (name: string): Refusal => ({
  code: "projection-failed",
  details: { name, position: 1, eventId: first },
});
const atBeginning = (name: string): Refusal => ({
  code: "projection-failed",
  details: { name, position: 0, eventId: "" },
});

const happened = (count: number) => Array.from({ length: count }, () => ({ type: "happened" as const }));

const opened: EventStore[] = [];

async function withEvents(adapter = memory()): Promise<EventStore> {
  const store = await openEventStore(adapter);
  opened.push(store);
  await store.stream("a").append(happened(2));
  return store;
}

/** Rejects with the work's error, after checking that no event was added. */
async function storesNothing(store: EventStore, work: Promise<unknown>): Promise<unknown> {
  const head = await store.head();
  await work.catch(() => undefined);
  expect(await store.head()).toBe(head);
  return work;
}

const handling = (late: () => never) => defineProjection({ name: "p", initial: () => 0, on: { happened: late } });
const beginning = (initial: () => never) =>
  defineProjection<number, never>({ name: "p", initial, on: { happened: () => 0 } });

const deciding = (parts: { initial?: () => number; evolve?: () => number; decide?: () => undefined }) =>
  defineDecider<number, null>({
    name: "d",
    initial: () => 0,
    evolve: (sum) => sum,
    decide: () => ({ type: "decided" }),
    ...parts,
  });

async function decide(parts: Parameters<typeof deciding>[0]): Promise<unknown> {
  const store = await withEvents();
  return storesNothing(store, store.stream("a").execute(deciding(parts), null));
}

const rows = table("rows", "n INTEGER");
const modelling = (late: () => never, onError: "park" | "stop") =>
  defineReadModel({ name: "m", tables: [rows], onError, on: { happened: late } });

const answering = (validate: () => never): StandardSchema => ({
  "~standard": { version: 1, vendor: "by hand", validate },
});

const uses: Readonly<Record<string, Use>> = {
  "a projection's handler, through stream.load": {
    refused: atFirst("p"),
    run: async (late) => (await withEvents()).stream("a").load(handling(late)),
  },
  "a projection's handler, through store.load": {
    refused: atFirst("p"),
    run: async (late) => (await withEvents()).load(handling(late)),
  },
  "a projection's handler, live": {
    refused: atFirst("p"),
    async run(late) {
      const live = (await withEvents()).project(handling(late));
      await live.caughtUp().catch(() => undefined);
      expect(live.state).toBe(0);
      return live.caughtUp();
    },
  },
  "a projection's handler, live, for an event that comes later": {
    refused: { ...atFirst("p"), details: { name: "p", position: 3, eventId: first } },
    async run(late) {
      const store = await withEvents();
      const live = store.project(defineProjection({ name: "p", initial: () => 0, on: { later: late } }));
      await live.caughtUp();
      await store.stream("a").append({ type: "later" });
      return live.caughtUp(3);
    },
  },
  "a projection's handler, with snapshots": {
    refused: atFirst("p"),
    async run(late) {
      const stream = (await withEvents()).stream("a");
      const kept = defineProjection({
        ...{ name: "p", initial: () => 0 },
        on: { happened: late },
        snapshots: { every: 1 },
      });
      await stream.load(kept).catch(() => undefined);
      expect(await stream.loadSnapshot("p")).toBeUndefined();
      return stream.load(kept);
    },
  },
  "a projection's handler, in a test of it": {
    refused: atFirst("p"),
    run: (late) => checkProjection(handling(late), { given: happened(2), expected: 0 }),
  },
  "a projection's initial, loaded": {
    refused: atBeginning("p"),
    run: async (late) => (await withEvents()).stream("a").load(beginning(late)),
  },
  "a projection's initial, live": {
    refused: atBeginning("p"),
    run: async (late) => (await withEvents()).project(beginning(late)).caughtUp(),
  },
  "a decider's decide": {
    refused: { code: "invalid-event", details: { path: "events" } },
    run: (late) => decide({ decide: late }),
  },
  "a decider's evolve": { refused: atFirst("d"), run: (late) => decide({ evolve: late }) },
  "a decider's evolve, for what it has just decided": {
    refused: atFirst("d"),
    run: async (late) => {
      const store = await openEventStore(memory());
      opened.push(store);
      return (await store.stream("a").execute(deciding({ evolve: late }), null)).state;
    },
  },
  "a decider's evolve, in a test of it": {
    refused: atFirst("d"),
    run: (late) => checkDecider(deciding({ evolve: late }), { given: happened(1), when: null, expected: [] }),
  },
  "a decider's initial": { refused: atBeginning("d"), run: (late) => decide({ initial: late }) },
  "a read model's handler": {
    refused: atFirst("m"),
    async run(late) {
      const model = await (await withEvents(betterSqlite3())).readModel(modelling(late, "stop"));
      return model.caughtUp();
    },
  },
  "an upcaster": {
    refused: { code: "upcast-failed", details: { type: "happened", schemaVersion: 1, position: 1, eventId: first } },
    async run(late) {
      const shared = await openSharedStorage();
      await (await shared.client()).store.stream("a").append(happened(2));
      const { store } = await shared.client({
        events: defineEvents({ happened: { version: 2, upcast: { 1: late } } }),
      });
      opened.push(store);
      return store.read().toArray();
    },
  },
  "a schema": {
    refused: { code: "invalid-argument", details: { argument: "events.happened.schema" } },
    async run(late) {
      const store = await openEventStore(memory(), { events: defineEvents({ happened: { schema: answering(late) } }) });
      opened.push(store);
      return storesNothing(store, store.stream("a").append({ type: "happened" }));
    },
  },
  "a consumer's onError": {
    refused: { code: "invalid-argument", details: { argument: "onError" } },
    async run(onError) {
      const store = await withEvents();
      const handler = (): never => {
        throw new Error("no");
      };
      const consumer = store.consume(defineConsumer({ name: "c", handler, onError }));
      await consumer.ended.catch(() => undefined);
      expect([consumer.position, await consumer.lag(), await consumer.parked()]).toEqual([0, 2, []]);
      return consumer.ended;
    },
  },
};

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => void process.on("unhandledRejection", note));

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  // Node reports unhandled rejections between two turns of the event loop.
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled.splice(0)).toEqual([]);
});

describe.each(Object.entries(asynchronous))("%s is refused as", (_form, late) => {
  test.each(Object.entries(uses))("%s", async (_use, { refused, run }) => {
    const error: unknown = await run(late).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ name: "EventStoreError", ...refused });
    expect((error as Error).message).toMatch(/promise|asynchronous/);
  });

  test("a read model's handler that parks: each event is parked, the table stays empty", async () => {
    const model = await (await withEvents(betterSqlite3())).readModel(modelling(late, "park"));

    await model.caughtUp();

    expect((await model.parked()).map(({ position }) => position)).toEqual([1, 2]);
    expect((await model.parked())[0]?.message).toMatch(/^the handler returned a promise/);
    expect(await model.query(sql`SELECT n FROM ${rows}`)).toEqual([]);
  });
});
