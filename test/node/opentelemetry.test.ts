import { SpanKind, SpanStatusCode, type Meter } from "@opentelemetry/api";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { traced, tracedAdapter, tracedConsumer, tracedFetch, tracedHub } from "rivulet/opentelemetry";
import { sql } from "rivulet/read-models";
import { follow } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import {
  collectTelemetry,
  measured,
  openTraced,
  parentOf,
  spanOf,
  spans,
  summing,
  sums,
  telemetry,
  total,
  type Counted,
} from "../support/telemetry.ts";
import { temporaryFolder } from "../support/temporary.ts";

const counting = defineDecider<number, number, Counted>({
  name: "counting",
  initial: () => 0,
  evolve: { counted: (sum, { data }) => sum + data.by },
  decide(by) {
    if (by < 0) throw new RangeError("too small");
    return { type: "counted", data: { by } };
  },
});

collectTelemetry();

test("appends, reads, loads and commands have spans by the conventions for databases", async () => {
  const store = await openTraced();
  const stream = store.stream<Counted>("counter-1");
  await stream.append([
    { type: "counted", data: { by: 1 } },
    { type: "counted", data: { by: 2 } },
  ]);
  await store.append([{ stream: "counter-2", events: { type: "counted", data: { by: 3 } } }]);
  await stream.execute(counting, 4);
  expect((await stream.load(total)).state).toBe(7);
  expect((await store.load(total)).state).toBe(10);
  expect(await stream.read().toArray()).toHaveLength(3);
  for await (const event of store.read()) if (event.position === 2) break;

  const shown = spans().map(({ name, kind, attributes }) => [name, kind, attributes] as const);
  const common = (operation: string) => ({ "db.system.name": "rivulet", "db.operation.name": operation });
  const inStream = (operation: string) => ({ ...common(operation), "rivulet.stream": "counter-1" });
  expect(shown).toEqual([
    ["append", SpanKind.CLIENT, { ...inStream("append"), "db.operation.batch.size": 2 }],
    ["append", SpanKind.CLIENT, common("append")],
    ["execute", SpanKind.CLIENT, { ...inStream("execute"), "db.operation.batch.size": 1 }],
    ["load", SpanKind.CLIENT, inStream("load")],
    ["load", SpanKind.CLIENT, common("load")],
    ["read", SpanKind.CLIENT, { ...inStream("read"), "db.response.returned_rows": 3 }],
    ["read", SpanKind.CLIENT, { ...common("read"), "db.response.returned_rows": 2 }],
  ]);
  const durations = await measured("db.client.operation.duration");
  expect(durations.map(([attributes, value]) => [attributes, (value as { count: number }).count])).toEqual([
    [common("append"), 2],
    [common("execute"), 1],
    [common("load"), 2],
    [common("read"), 2],
  ]);
  expect(await measured("rivulet.events.appended")).toEqual([[{}, 4]]);
});

test("a failed call has a failed span, whose error type is the code", async () => {
  const store = await openTraced();
  const stream = store.stream<Counted>("counter-1");
  const event = { type: "counted", data: { by: 1 } } as const;
  await expect(stream.append(event, { expectedVersion: 5 })).rejects.toMatchObject({ code: "version-conflict" });
  await expect(stream.execute(counting, -1)).rejects.toThrow("too small");

  expect(spans().map(({ status, attributes }) => [status.code, attributes["error.type"]])).toEqual([
    [SpanStatusCode.ERROR, "version-conflict"],
    [SpanStatusCode.ERROR, "RangeError"],
  ]);
  expect(spanOf("append").events.map(({ name }) => name)).toEqual(["exception"]);
  expect((await measured("db.client.operation.duration")).map(([attributes]) => attributes)).toMatchObject([
    { "error.type": "version-conflict" },
    { "error.type": "RangeError" },
  ]);
});

test("spans belong to the one that is active, and calls keep their order", async () => {
  const store = await openTraced();
  const stream = store.stream<Counted>("counter-1");
  await telemetry().tracer.startActiveSpan("request", async (request) => {
    const appends = [1, 2, 3].map((by) => stream.append({ type: "counted", data: { by } }));
    expect((await Promise.all(appends)).map(({ position }) => position)).toEqual([1, 2, 3]);
    request.end();
  });

  const { spanId } = spanOf("request").spanContext();
  expect(
    spans()
      .filter(({ name }) => name === "append")
      .map(({ parentSpanContext }) => parentSpanContext?.spanId),
  ).toEqual([spanId, spanId, spanId]);
});

test.each([
  ["another store", false],
  ["a store in another worker thread", true],
])("a consumer of %s is linked to what has appended its events, and passes its own span on", async (_where, worker) => {
  const path = `${temporaryFolder()}/app.db`;
  const store = await openTraced(path, worker);
  const other = await openTraced(path, worker);
  const by = { by: 1 };
  await store.stream<Counted>("counter-1").append({ type: "counted", data: by, metadata: { user: "Ada" } });
  await store.stream<Counted>("counter-1").execute(counting, 2, { metadata: { user: "Bo" } });
  const parts = tracedConsumer<Counted>(
    {
      name: "notes",
      types: ["counted"],
      handler: ({ id }, { append, attempt, position }) => {
        expect([attempt, position]).toEqual([1, expect.any(Number)]);
        return append([{ stream: "notes", events: { type: "noted", id: `note-${id}` } }]);
      },
    },
    telemetry(),
  );
  const consumer = other.consume(defineConsumer(parts));
  await consumer.caughtUp(2);
  await consumer.close();

  const events = await store.read().toArray();
  const [append, execute] = [spanOf("append"), spanOf("execute")].map(parentOf);
  expect(events.slice(0, 2).map(({ metadata }) => metadata)).toEqual([
    { user: "Ada", traceparent: append },
    { user: "Bo", traceparent: execute },
  ]);
  const handled = spans().filter(({ name }) => name === "process notes");
  expect(handled.map(({ links }) => links.map(({ context: { spanId } }) => spanId))).toEqual([
    [spanOf("append").spanContext().spanId],
    [spanOf("execute").spanContext().spanId],
  ]);
  expect(events.slice(2).map(({ metadata }) => metadata["traceparent"])).toEqual(handled.map(parentOf));
  expect(events[2]?.metadata).toMatchObject({ causationId: events[0]?.id });
  expect(handled[0]?.kind).toBe(SpanKind.CONSUMER);
  expect(handled[0]?.attributes).toEqual({
    "messaging.system": "rivulet",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.consumer.group.name": "notes",
    "messaging.destination.name": "counter-1",
    "messaging.message.id": events[0]?.id,
    "rivulet.event.type": "counted",
    "rivulet.attempt": 1,
  });
  expect(await measured("messaging.client.consumed.messages")).toMatchObject([[{}, 2]]);
});

test("a batch is linked to each span that has appended one of its events", async () => {
  const store = await openTraced();
  const stream = store.stream<Counted>("counter-1");
  const event = { type: "counted", data: { by: 1 } } as const;
  await stream.append([event, event]);
  await stream.append(event);
  await stream.append({ ...event, metadata: { traceparent: "nothing" } });
  const seen: number[] = [];
  const parts = tracedConsumer<Counted>(
    { name: "all", batchHandler: (events) => seen.push(events.length) },
    telemetry(),
  );
  await store.consume(defineConsumer(parts)).caughtUp();

  expect(seen).toEqual([4]);
  const { links, attributes } = spanOf("process all");
  const appends = spans().filter(({ name }) => name === "append");
  expect(links.map(({ context: { spanId } }) => spanId)).toEqual(
    appends.slice(0, 2).map((span) => span.spanContext().spanId),
  );
  expect(attributes["messaging.batch.message_count"]).toBe(4);
});

test("a trace goes on over a replica and its hub", async () => {
  const central = await openEventStore(betterSqlite3());
  const hub = tracedHub(
    createHub(central, { authenticate: () => "ada", mayAppend: () => true, deciders: { counting } }),
    telemetry(),
  );
  const store = await openEventStore(betterSqlite3());
  const fetch = tracedFetch((url, init) => hub.fetch(new Request(url, init)), telemetry());
  const replica = traced(
    await follow(store, { url: "https://hub.test/sync", fetch, streams: ["counter-1"], deciders: { counting } }),
    telemetry(),
  );
  onTestFinished(async () => {
    await replica.close();
    await hub.close();
    await store.close();
    await central.close();
  });

  const appended = await replica.stream<Counted>("counter-1").append({ type: "counted", data: { by: 1 } });
  const decided = await replica.stream<Counted>("counter-1").execute("counting", 2);
  await Promise.all([appended.confirmed, decided.confirmed]);

  const kept = (await central.read().toArray()).map(({ metadata }) => metadata["traceparent"]);
  expect(kept).toEqual([parentOf(spanOf("append")), parentOf(spanOf("execute"))]);
  await expect
    .poll(() => spans().filter(({ name, kind }) => name === "POST push" && kind === SpanKind.CLIENT).length)
    .toBeGreaterThan(0);
  const [client, server] = [SpanKind.CLIENT, SpanKind.SERVER].map((kind) =>
    spans().find((span) => span.name === "POST push" && span.kind === kind),
  );
  expect(server?.parentSpanContext?.spanId).toBe(client?.spanContext().spanId);
  expect([client, server].map((span) => span?.attributes["http.response.status_code"])).toEqual([200, 200]);
  expect(await measured("rivulet.replica.pending")).toEqual([[{}, 0]]);
});

test("commits and batches of read models have spans and sizes", async () => {
  const opened = await openEventStore(tracedAdapter(betterSqlite3(), telemetry()));
  const store = traced(opened, telemetry());
  onTestFinished(() => store.close());
  const stream = store.stream<Counted>("counter-1");
  await Promise.all([1, 2, 3].map((by) => stream.append({ type: "counted", data: { by } })));
  const model = await store.readModel(summing);
  await model.caughtUp();

  expect(await model.query(sql`SELECT total FROM ${sums}`)).toEqual([{ total: 6 }]);
  expect(spanOf("commit").attributes).toMatchObject({ "db.operation.batch.size": 3 });
  expect(spanOf("apply summing").attributes).toMatchObject({
    "db.operation.batch.size": 3,
    "rivulet.read_model": "summing",
    "rivulet.read_model.from": 0,
    "rivulet.read_model.to": 3,
    "rivulet.read_model.rebuild": false,
  });
  expect(await measured("rivulet.commit.requests")).toMatchObject([[{}, { count: 1, sum: 3 }]]);
  expect(await measured("rivulet.read_model.batch.positions")).toMatchObject([[{}, { sum: 3 }]]);
  expect(await measured("rivulet.read_model.behind")).toEqual([
    [{ "rivulet.read_model": "summing", "rivulet.phase": "caught-up" }, 0],
  ]);
});

test("gauges tell how far consumers and watchers are behind, until they end", async () => {
  const store = await openTraced();
  const stream = store.stream<Counted>("counter-1");
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const consumer = store.consume(defineConsumer<Counted>({ name: "slow", handler: () => held }));
  const watcher = store.watch();
  for (const by of [1, 2, 3]) await stream.append({ type: "counted", data: { by } });
  await watcher.next();

  expect(await measured("rivulet.consumer.lag")).toEqual([[{ "messaging.consumer.group.name": "slow" }, 3]]);
  expect(await measured("rivulet.watcher.lag")).toEqual([[{}, 2]]);

  release();
  await consumer.caughtUp();
  await watcher.return?.();
  expect(await measured("rivulet.consumer.lag")).toEqual([[{ "messaging.consumer.group.name": "slow" }, 0]]);
});

test("a store that is closed is asked for nothing any more", async () => {
  let callbacks = 0;
  const { meter } = telemetry();
  const counted: Meter = Object.create(meter, {
    createObservableGauge: {
      value: (name: string) => {
        const gauge = meter.createObservableGauge(name);
        const { addCallback, removeCallback } = gauge;
        return Object.assign(gauge, {
          addCallback(callback: never) {
            callbacks += 1;
            addCallback.call(gauge, callback);
          },
          removeCallback(callback: never) {
            callbacks -= 1;
            removeCallback.call(gauge, callback);
          },
        });
      },
    },
  }) as Meter;
  const store = traced(await openEventStore(betterSqlite3()), { meter: counted });
  expect(callbacks).toBe(5);

  await store.close();

  expect(callbacks).toBe(0);
});
