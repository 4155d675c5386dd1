/** Checks that the error of a typical mistake names it and says what to do instead. */
import { openEventStore, memory, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { durableObject, remoteDurableObject, webSocketStore } from "rivulet/durable-objects";
import { defineEvents } from "rivulet/events";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, table } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { expect, onTestFinished, test } from "vitest";
import { unawaited } from "../support/unawaited.ts";

/** What the platform gives to an object of a class that is not backed by SQLite (seen in workerd 1.20260426). */
const withoutSql = {
  sql: { databaseSize: 0, exec: refuseSql },
  transactionSync: refuseSql,
};

function refuseSql(): never {
  throw new Error("SQL is not enabled for this Durable Object class.");
}

type Mistake = (store: EventStore) => unknown;

const model = (columns: string) => defineReadModel({ name: "m", tables: [table("t", columns)], on: {} });
const hanging = (): Promise<never> => new Promise(() => undefined);

const MISTAKES: Readonly<Record<string, readonly [mistake: Mistake, ...words: string[]]>> = {
  "milliseconds for a position": [(store) => store.at(Date.now()), "place", "position", "not a time"],
  "a time as text for a position": [(store) => store.at("2026" as never), "whole number", "position", "valid Date"],
  "an invalid date": [(store) => store.at(new Date("x")), "place must be a valid Date"],
  "a path for the text of an import": [
    (store) => store.importEvents(ndjson, "events.ndjson"),
    "a string is the text itself, not a path",
  ],
  "a new version without an upcaster": [
    () => defineEvents({ x: { version: 2 } }),
    "events.x.upcast has no step from 1 to 2",
  ],
  "other tables under the same schema": [
    async (store) => {
      await store.readModel(model("a INTEGER"));
      await store.readModel(model("b INTEGER"));
    },
    'the tables of "m" differ from those stored under schema 1: set schema: 2',
  ],
  "a handler that does not end": [
    (store) => store.consume(consumerOf({ handler: hanging })).ended,
    'the handler of the consumer "c" did not settle within 20 ms',
    "signal",
  ],
  "a checkpoint that does not load": [
    (store) => store.consume(consumerOf({ handler: () => undefined, checkpoint: { load: hanging } })).lag(),
    'checkpoint.load of the consumer "c" did not settle within 20 ms',
  ],
  "a decide that appends by itself": [
    async (store) => {
      const stream = store.stream("a");
      const decide = (): never => {
        unawaited(stream.append({ type: "noted" }));
        return { type: "decided" } as never;
      };
      await stream.execute(defineDecider({ initial: () => 0, evolve: {}, decide }), {}, { retries: 3 });
    },
    "3 retries",
    "does decide append by itself?",
  ],
  "a worker that is an address": [
    () => openEventStore(sqliteWasm({ name: "app", worker: "/x.js" as never })),
    "worker must be a function",
  ],
  "the browser's adapter in Node": [() => openEventStore(sqliteWasm({ name: "app" })), "use rivulet/node"],
  "a path for an adapter": [() => openEventStore("app.db" as never), "adapter", "betterSqlite3({ path })"],
  "an adapter that is not called": [() => openEventStore(betterSqlite3 as never), "adapter", "betterSqlite3({ path })"],
  "an object in place of its state": [
    () => openEventStore(durableObject({ ctx: {} } as never)),
    "ctx must be the state of a Durable Object: this.ctx",
  ],
  "an object whose class has no SQLite": [
    () => openEventStore(durableObject({ storage: withoutSql })),
    "new_sqlite_classes",
    "SQL is not enabled",
  ],
  "an object that serves no store": [
    () => openEventStore(remoteDurableObject({} as never)),
    "object must be the stub of a Durable Object with a method connectStore",
  ],
  "an address for a socket": [
    () => openEventStore(webSocketStore("wss://example.org" as never)),
    "connect must be a function that creates a socket: () => new WebSocket(…)",
  ],
  "a function that returns no thread": [
    () => openEventStore(betterSqlite3({ worker: () => ({}) as never })),
    "worker must return a thread",
  ],
  "AUTOINCREMENT in a table": [
    (store) => store.readModel(model("id INTEGER PRIMARY KEY AUTOINCREMENT")),
    "AUTOINCREMENT is not available; INTEGER PRIMARY KEY alone will do",
  ],
  "a stream that is expected and missing": [
    (store) => store.stream("zz").append({ type: "noted" }, { expectedVersion: "stream-exists" }),
    'stream "zz" does not exist',
  ],
  "a stored event for a new one": [
    async (store) => store.stream("a").append(await store.read().toArray()),
    "events[0].position",
    "pass only { type, data, id, metadata }",
  ],
  "an event in place of an entry": [(store) => store.append([{ type: "x" } as never]), "entries[0]", '"type"'],
  "a state that is no JSON": [
    async (store) => {
      const initial = (): { byId: Map<string, number> } => ({ byId: new Map() });
      await store.stream("a").append({ type: "noted" });
      await store
        .stream("a")
        .load(defineProjection({ name: "seats", initial, on: { noted: (s) => ({ ...s }) }, snapshots: { every: 1 } }));
    },
    '"seats"',
    "state.byId",
    "Map",
  ],
};

function consumerOf(parts: object) {
  return defineConsumer({ name: "c", timeout: 20, lease: 20, onError: () => "stop", ...parts } as never);
}

test.each(Object.entries(MISTAKES))(
  "%s: the error says what is wrong and what to do",
  async (_, [mistake, ...words]) => {
    const store = await openEventStore(betterSqlite3());
    onTestFinished(() => store.close());
    await store.stream("first").append({ type: "noted" });

    const failed = await Promise.resolve()
      .then(() => mistake(store))
      .then(
        () => undefined,
        (error: Error) => error.message,
      );

    for (const word of words) expect(failed).toContain(word);
  },
);

test("a position beyond the head is the head", async () => {
  await using store = await openEventStore(memory());
  await store.stream("a").append({ type: "noted" });

  expect(await store.at(1_000_000).position()).toBe(1);
});
