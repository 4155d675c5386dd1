import { useFakeTime } from "../support/movable-time.ts";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer, type CheckpointPlace } from "rivulet/consumers";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { describe, expect, test } from "vitest";

// The test controls the time: every wait passes at once, in its full length.
const pass = useFakeTime(["setTimeout", "clearTimeout", "Date", "performance"]);

const rows = table("rows", "n INTEGER");
const query = sql`SELECT n FROM ${rows}`;
const hanging = (): Promise<never> => new Promise(() => undefined);
const idle = (): void => undefined;
const loading = (load: CheckpointPlace["load"], save?: CheckpointPlace["save"]) =>
  defineConsumer({ name: "c", handler: idle, checkpoint: { load, ...(save !== undefined && { save }) } });

type Handle = object;

/** Every handle that can be closed or can end, with user code that never settles. */
const HANDLES: Readonly<Record<string, (store: EventStore) => Handle | Promise<Handle>>> = {
  "a consumer": (store) => store.consume(defineConsumer({ name: "c", handler: idle })),
  "a consumer whose load hangs": (store) => store.consume(loading(hanging)),
  "a consumer whose save hangs": (store) => store.consume(loading(() => 0, hanging)),
  "a consumer whose handler hangs": (store) => store.consume(defineConsumer({ name: "c", handler: hanging })),
  "a consumer whose handler fails": (store) =>
    store.consume(defineConsumer({ name: "c", handler: () => Promise.reject(new Error("no")) })),
  "a read model": (store) => store.readModel(model),
  "a live query": async (store) => (await store.readModel(model)).live(query),
  "a live projection": (store) => store.project(defineProjection({ name: "p", initial: () => 0, on: {} })),
  "a watch": (store) => store.watch({ after: "head" }),
  "a read": (store) => store.read(),
  "a list of streams": (store) => store.streams(),
  "an export": (store) => store.exportEvents(ndjson),
  "the past": (store) => store.at(1),
  "the past of a stream": (store) => store.at(1).stream("a"),
  "a stream": (store) => store.stream("a"),
};
const model = defineReadModel({
  name: "m",
  tables: [rows],
  on: { counted: () => sql`INSERT INTO ${rows} VALUES (1)` },
});

/** The arguments of methods that need some. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  subscribe: [idle],
  caughtUp: [1_000],
  query: [query],
  live: [query],
  append: [{ type: "counted" }],
  load: [defineProjection({ name: "p", initial: () => 0, on: {} })],
  stream: ["a"],
  exportEvents: [ndjson],
  loadSnapshot: ["p"],
  saveSnapshot: [{ projection: "p", version: 1, state: 0 }],
  execute: [undefined],
};

/** How a promise settles within a day, or "hangs". */
async function outcomeOf(call: () => unknown): Promise<"settled" | "hangs"> {
  let settled = false;
  // How it settles does not matter here.
  const settle = (): void => void (settled = true);
  (async () => call())().then(settle, settle);
  for (let hours = 0; hours < 24 && !settled; hours++) await pass(3_600_000);
  return settled ? "settled" : "hangs";
}

const CLOSE: Readonly<Record<string, (store: EventStore, handle: Handle) => unknown>> = {
  "after it was closed": (_store, handle) =>
    (handle as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.call(handle as AsyncDisposable),
  "after the store was closed": (store) => store.close(),
};

describe.each(Object.entries(HANDLES))("every verb of %s settles", (_what, make) => {
  test.each(Object.entries(CLOSE))("%s", async (_when, close) => {
    const store = await openEventStore(betterSqlite3());
    await store.stream("a").append([{ type: "counted" }, { type: "counted" }]);
    const handle = await make(store);
    await pass(0);
    const closing = await outcomeOf(() => close(store, handle));

    const verbs = Object.entries(handle).filter(([, member]) => typeof member === "function");
    const outcomes: Record<string, string> = {};
    for (const [name, verb] of verbs as [string, (...args: unknown[]) => unknown][]) {
      outcomes[name] = await outcomeOf(() => verb.apply(handle, [...(ARGUMENTS[name] ?? [])]));
    }

    expect([closing, ...Object.values(outcomes)], JSON.stringify(outcomes)).toEqual(
      Array.from({ length: verbs.length + 1 }, () => "settled"),
    );
    expect(await outcomeOf(() => store.close())).toBe("settled");
  });
});

test("the lag of a consumer whose load hangs rejects after its timeout, and at once if the store closes", async () => {
  const store = await openEventStore(betterSqlite3());
  const consumer = store.consume(loading(hanging));
  expect(await outcomeOf(() => consumer.close())).toBe("settled");

  const late = consumer.lag().catch((error: unknown) => error);
  await pass(30_001);
  expect(await late).toMatchObject({ code: "consumer-timeout", details: { name: "c", timeout: 30_000 } });

  const cut = consumer.lag().catch((error: unknown) => error);
  await pass(1);
  const closing = store.close();
  await pass(1);
  expect(await cut).toMatchObject({ code: "store-closed" });
  await closing;
});
