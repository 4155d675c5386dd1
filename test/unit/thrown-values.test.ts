import { memory, openEventStore, type Adapter, type EventStore, type EventStoreErrorDetails } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { defineEvents, type StandardSchema } from "rivulet/events";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { overChannel } from "../support/remote-adapter.ts";
import { openSharedStorage } from "../support/clients.ts";

function raise(thrown: unknown): never {
  // eslint-disable-next-line typescript/only-throw-error -- Anything may be thrown.
  throw thrown;
}

const no = (): never => {
  throw new RangeError("not this");
};

const traps = ["get", "has", "getPrototypeOf", "getOwnPropertyDescriptor", "ownKeys", "set", "apply", "isExtensible"];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Values that user code may throw, each made anew, most of them hard to print. */
const values: Readonly<Record<string, () => unknown>> = {
  "an object without a prototype": () => Object.create(null) as unknown,
  "an object whose toString throws": () => ({ toString: no }),
  "an object whose Symbol.toPrimitive throws": () => ({ [Symbol.toPrimitive]: no }),
  "a proxy that throws for everything": () => new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, no]))),
  "a revoked proxy": revoked,
  "a symbol": () => Symbol("x"),
  undefined: () => undefined,
  null: () => null,
  "0n": () => 0n,
  "a function": () => no,
  "an error whose message throws": () => Object.defineProperty(new Error("x"), "message", { get: no }),
  "an error whose message is no text": () => Object.assign(new Error("x"), { message: { toString: no } as never }),
  "an error whose message is a symbol": () => Object.assign(new Error("x"), { message: Symbol("x") as never }),
};

interface Use {
  /** The code of the resulting error; "its own": the thrown value itself. */
  readonly code: keyof EventStoreErrorDetails | "its own";
  /** Whether the error's cause is what was thrown; default true. */
  readonly keepsCause?: boolean;
  /** Rejects for what `fail` throws. */
  run(fail: () => never): Promise<unknown>;
}

const opened: EventStore[] = [];

async function withEvents(adapter: Adapter = memory()): Promise<EventStore> {
  const store = await openEventStore(adapter);
  opened.push(store);
  await store.stream("a").append([{ type: "happened" }, { type: "happened" }]);
  return store;
}

const retry = { attempts: 2, delay: 0 };

const consume = async (parts: object): Promise<unknown> =>
  (await withEvents()).consume(defineConsumer({ name: "c", retry, handler: () => undefined, ...parts })).ended;

const rows = table("rows", "n INTEGER");
const decider = (parts: object) =>
  defineDecider<number, null>({ initial: () => 0, evolve: () => 0, decide: () => ({ type: "decided" }), ...parts });

const line = (id: string, type = "told"): string => `${JSON.stringify({ stream: "a", type, id })}\n`;

/** A storage at the other end of a channel, with one failing method. */
function failingOverChannel(fail: () => never): Adapter {
  return overChannel({
    name: "failing",
    async open() {
      const { storage } = await memory().open();
      const listStreams: EventStorage["listStreams"] = async () => fail();
      return { storage: { ...storage, listStreams }, verbs: {} };
    },
  });
}

const uses: Readonly<Record<string, Use>> = {
  "a consumer's handler": { code: "consumer-failed", run: (fail) => consume({ handler: fail }) },
  "a consumer's handler that rejects": {
    code: "consumer-failed",
    run: (fail) => consume({ handler: async () => fail() }),
  },
  "a consumer's batchHandler": {
    code: "consumer-failed",
    run: (fail) => consume({ handler: undefined, batchHandler: fail }),
  },
  "a consumer's load": { code: "consumer-failed", run: (fail) => consume({ checkpoint: { load: fail } }) },
  "a consumer's save": {
    code: "consumer-failed",
    run: (fail) => consume({ checkpoint: { load: () => 0, save: fail } }),
  },
  "a consumer's onError": { code: "consumer-failed", run: (fail) => consume({ handler: no, onError: fail }) },
  "a projection's handler, loaded": {
    code: "projection-failed",
    run: async (fail) =>
      (await withEvents()).load(defineProjection({ name: "p", initial: () => 0, on: { happened: fail } })),
  },
  "a projection's handler, live": {
    code: "projection-failed",
    async run(fail) {
      const live = (await withEvents()).project(
        defineProjection({ name: "p", initial: () => 0, on: { happened: fail } }),
      );
      const error = await live.caughtUp().catch((thrown: unknown) => thrown);
      expect(live.error).toBe(error);
      throw error;
    },
  },
  "a projection's initial": {
    code: "projection-failed",
    run: async (fail) => (await withEvents()).load(defineProjection({ name: "p", initial: fail, on: {} })),
  },
  "a decider's decide": {
    code: "its own",
    run: async (fail) => (await withEvents()).stream("a").execute(decider({ decide: fail }), null),
  },
  "a decider's evolve": {
    code: "projection-failed",
    run: async (fail) => (await withEvents()).stream("a").execute(decider({ evolve: fail }), null),
  },
  "a read model's handler": {
    code: "projection-failed",
    async run(fail) {
      const store = await withEvents(betterSqlite3());
      const model = defineReadModel({ name: "m", tables: [rows], on: { happened: fail } });
      return (await store.readModel(model)).caughtUp();
    },
  },
  "an upcaster": {
    code: "upcast-failed",
    async run(fail) {
      const shared = await openSharedStorage();
      await (await shared.client()).store.stream("a").append({ type: "happened" });
      const { store } = await shared.client({
        events: defineEvents({ happened: { version: 2, upcast: { 1: fail } } }),
        unknownEvents: "pass",
      });
      opened.push(store);
      return store.read().toArray();
    },
  },
  "a schema": {
    code: "invalid-event",
    async run(fail) {
      const schema: StandardSchema = { "~standard": { version: 1, vendor: "by hand", validate: fail } };
      const store = await openEventStore(memory(), {
        events: defineEvents({ told: { schema } }),
        unknownEvents: "pass",
      });
      opened.push(store);
      return store.stream("a").append({ type: "told" });
    },
  },
  "an import's onError": {
    code: "its own",
    run: async (fail) => (await withEvents()).importEvents(ndjson, `${line("1")}no JSON\n`, { onError: fail }),
  },
  "an import's onProgress": {
    code: "its own",
    run: async (fail) => (await withEvents()).importEvents(ndjson, line("1"), { onProgress: fail }),
  },
  "what is imported": {
    code: "its own",
    async run(fail) {
      async function* lines(): AsyncGenerator<string> {
        yield line("1");
        fail();
      }
      return (await withEvents()).importEvents(ndjson, lines());
    },
  },
  "an export's onProgress": {
    code: "its own",
    run: async (fail) => (await withEvents()).exportEvents(ndjson, { onProgress: fail }).toArray(),
  },
  "a watch's onProgress": {
    code: "its own",
    async run(fail) {
      const watch = (await withEvents()).watch({ onProgress: fail });
      for await (const event of watch) expect(event.position).toBeLessThan(3);
    },
  },
  "a storage at the other end of a channel": {
    code: "storage-unavailable",
    keepsCause: false,
    run: async (fail) => (await withEvents(failingOverChannel(fail))).streams().toArray(),
  },
};

/** The uncaught errors. */
const apart: unknown[] = [];
const note = (error: unknown): void => void apart.push(error);
let before: NodeJS.UncaughtExceptionListener[] = [];

beforeEach(() => {
  before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", note);
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await new Promise(setImmediate);
  process.off("uncaughtException", note);
  for (const listener of before) process.on("uncaughtException", listener);
  expect(apart.splice(0)).toHaveLength(0);
});

async function expectWorking(): Promise<void> {
  const store = opened.at(-1) as EventStore;
  const head = await store.head();
  await store.stream("still").append({ type: "works" });
  expect(await store.head()).toBe(head + 1);
}

describe.each(Object.entries(values))("%s, thrown by", (_name, make) => {
  test.each(Object.entries(uses))("%s", async (_use, { code, keepsCause = true, run }) => {
    const thrown = make();

    const outcome = await run(() => raise(thrown)).then(
      () => ({ error: "it went well" }),
      (error: unknown) => ({ error }),
    );

    // Compared by identity without expect, which could not print a value whose properties throw.
    if (code === "its own") expect(outcome.error === thrown).toBe(true);
    else {
      const error = outcome.error as { name: string; code: string; message: string; cause?: unknown };
      expect([error.name, error.code, typeof error.message]).toEqual(["EventStoreError", code, "string"]);
      if (keepsCause) expect(error.cause === thrown).toBe(true);
    }
    await expectWorking();
  });

  test("a consumer's handler whose events are parked", async () => {
    const store = await withEvents();
    const handler = (): never => raise(make());
    const consumer = store.consume(defineConsumer({ name: "c", retry, handler, onError: "park" }));

    await consumer.caughtUp();

    const parked = await consumer.parked();
    expect(parked.map(({ position, message }) => [position, typeof message])).toEqual([
      [1, "string"],
      [2, "string"],
    ]);
    expect(await consumer.retryParked()).toMatchObject([{ attempts: 3 }, { attempts: 3 }]);
    expect(consumer.status).toBe("active");
    await expectWorking();
  });

  test("a read model's handler whose events are parked", async () => {
    const store = await withEvents(betterSqlite3());
    const on = { happened: (): never => raise(make()) };
    const model = await store.readModel(defineReadModel({ name: "m", tables: [rows], onError: "park", on }));

    await model.caughtUp();

    const parked = await model.parked();
    expect(parked.map(({ position, message }) => [position, typeof message])).toEqual([
      [1, "string"],
      [2, "string"],
    ]);
    expect(await model.retryParked()).toMatchObject([{ attempts: 2 }, { attempts: 2 }]);
    expect(await model.query(sql`SELECT n FROM ${rows}`)).toEqual([]);
    await expectWorking();
  });

  test("a listener of a live projection or a consumer that throws: the error is uncaught, and the others are called", async () => {
    const store = await withEvents();
    const thrown = make();
    const told: string[] = [];
    const live = store.project(defineProjection<number, never>({ name: "p", initial: () => 0, on: {} }));
    live.subscribe(() => raise(thrown));
    live.subscribe(() => void told.push("projection"));
    const consumer = store.consume(defineConsumer({ name: "c", handler: () => undefined }));
    consumer.subscribe(() => raise(thrown));
    consumer.subscribe(() => void told.push("consumer"));

    await live.caughtUp();
    await consumer.caughtUp();
    await consumer.close();
    await new Promise(setImmediate);

    expect(new Set(told)).toEqual(new Set(["projection", "consumer"]));
    const others = apart.splice(0);
    expect(others.length).toBeGreaterThan(0);
    expect(others.every((one) => one === thrown)).toBe(true);
    await expectWorking();
  });
});
