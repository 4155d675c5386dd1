/** Traces of what goes on for long: watches, live queries and live projections. */
import { setImmediate } from "node:timers/promises";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { openEventStore, type Adapter, type EventWatcher, type LiveProjection, type StoredEvent } from "rivulet";
import { wrapVerbs, type EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { traced, tracedAdapter } from "rivulet/opentelemetry";
import { sql } from "rivulet/read-models";
import { expect, onTestFinished, test } from "vitest";
import {
  clearSpans,
  collectTelemetry,
  measured,
  openTraced,
  PROCESSED,
  spanOf,
  spans,
  summing,
  sums,
  telemetry,
  total,
  type Counted,
} from "../support/telemetry.ts";

collectTelemetry();

test("a watch has a span for each event after its history, linked to what has appended it, until the next is asked for", async () => {
  const store = await openTraced();
  const stream = store.stream<Counted>("counter-1");
  const append = (by: number) => stream.append({ type: "counted", data: { by } });
  await append(1);
  for (const watch of [
    (onCaughtUp: () => void) => store.watch({ onCaughtUp }),
    (onCaughtUp: () => void) => stream.watch({ onCaughtUp }),
  ]) {
    clearSpans();
    let caughtUp = false;
    const watcher = watch(() => (caughtUp = true));
    const history = await store.head();
    for (let left = history; left > 0; left--) await watcher.next();
    const first = watcher.next();
    await append(2);
    const { value } = await first;
    expect([caughtUp, spans().map(({ name }) => name)]).toEqual([true, ["append"]]);
    const next = watcher.next();
    const process = spanOf("process watch");
    expect(process.links.map(({ context: { spanId } }) => spanId)).toEqual([spanOf("append").spanContext().spanId]);
    expect([process.kind, process.parentSpanContext]).toEqual([SpanKind.CONSUMER, undefined]);
    expect(process.attributes).toEqual({
      "messaging.system": "rivulet",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "counter-1",
      "messaging.message.id": (value as StoredEvent).id,
      "rivulet.event.type": "counted",
    });
    await append(3);
    await next;
    await watcher.return?.();
    expect(spans().filter(({ name }) => name === "process watch")).toHaveLength(2);
  }
  const delivered = [PROCESSED, 1 + 2 + 3 + 2];
  expect(await measured("messaging.client.consumed.messages")).toEqual([delivered]);
  expect(await measured("messaging.process.duration")).toMatchObject([[PROCESSED, { count: 4 }]]);
});

test("a query has a span, and so has each time that a live query runs", async () => {
  const opened = await openEventStore(tracedAdapter(betterSqlite3(), telemetry()));
  const store = traced(opened, telemetry());
  onTestFinished(() => store.close());
  const model = await store.readModel(summing);
  const append = (by: number) => store.stream<Counted>("counter-1").append({ type: "counted", data: { by } });
  const totals = sql`SELECT total FROM ${sums}`;
  await model.caughtUp((await append(1)).position);
  expect(await model.query(totals)).toEqual([{ total: 1 }]);
  await expect(model.query(sql`SELECT nothing FROM ${sums}`)).rejects.toMatchObject({ code: "invalid-argument" });
  const live = model.live(totals);
  await live.caughtUp();
  expect((await live.caughtUp((await append(2)).position)).state).toEqual([{ total: 3 }]);
  live.close();

  const shown = (wanted: string) =>
    spans()
      .filter(({ name }) => name === wanted)
      .map(({ kind, attributes, status }) => [kind, attributes["db.response.returned_rows"], status.code]);
  const { ERROR, UNSET } = SpanStatusCode;
  expect(shown("query")).toEqual([
    [SpanKind.CLIENT, 1, UNSET],
    [SpanKind.CLIENT, undefined, ERROR],
  ]);
  const runs = shown("select summing");
  expect(runs.slice(0, 2)).toEqual([
    [SpanKind.INTERNAL, 1, UNSET],
    [SpanKind.INTERNAL, undefined, ERROR],
  ]);
  // The live query has run at least twice.
  expect(runs.slice(2).length).toBeGreaterThanOrEqual(2);
  expect(spanOf("select summing").attributes).toMatchObject({ "rivulet.read_model": "summing" });
  expect(spanOf("select summing").parentSpanContext).toBeUndefined();
  const durations = await measured("db.client.operation.duration");
  expect(durations.map(([attributes]) => attributes)).toMatchObject([
    { "db.operation.name": "append" },
    { "db.operation.name": "query" },
    { "db.operation.name": "query", "error.type": "invalid-argument" },
  ]);
});

test("a query that nobody waits for is interrupted, also through a traced adapter", async () => {
  let interrupted = 0;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const inner = betterSqlite3();
  const listening: Adapter = {
    ...inner,
    async open() {
      const opened = await inner.open();
      const models = opened.storage.models as NonNullable<EventStorage["models"]>;
      const queryModels: typeof models.queryModels = (_query, onGivenUp) =>
        new Promise((_resolve, reject) => {
          begin();
          onGivenUp?.(() => {
            interrupted += 1;
            reject(new Error("interrupted"));
          });
        });
      return { ...opened, storage: { ...opened.storage, models: { ...models, queryModels } } };
    },
  };
  const store = await openEventStore(tracedAdapter(listening, telemetry()));
  onTestFinished(() => store.close());
  const model = await store.readModel(summing);
  const giveUp = new AbortController();
  const asked = model.query(sql`SELECT total FROM ${sums}`, { signal: giveUp.signal });
  await begun;
  giveUp.abort(new Error("given up"));

  await expect(asked).rejects.toThrow("given up");
  expect(interrupted).toBe(1);
});

test("a live projection has no spans, and tells how far it is behind until it ends", async () => {
  const opened = await openEventStore(betterSqlite3());
  const ends: (() => void)[] = [];
  // A projection that stays where it is.
  const projectAt = (position: number): LiveProjection<number> =>
    ({ position, ended: new Promise<void>((resolve) => ends.push(resolve)) }) as unknown as LiveProjection<number>;
  const positions = [1, 2];
  const project = (() => projectAt(positions.shift() ?? 0)) as typeof opened.project;
  const store = traced({ ...opened, project }, telemetry());
  onTestFinished(() => store.close());
  const append = () => store.stream<Counted>("counter-1").append({ type: "counted", data: { by: 1 } });
  for (let count = 0; count < 3; count++) await append();
  expect([store.project(total).position, store.project(total).position]).toEqual([1, 2]);

  const lag = () => measured("rivulet.projection.lag");
  expect(await lag()).toEqual([[{ "rivulet.projection": "total" }, 2]]);
  ends[0]?.();
  await append();
  expect(await lag()).toEqual([[{ "rivulet.projection": "total" }, 2]]);
  ends[1]?.();
  await append();
  // The last value is kept by the SDK; the one that has ended would be 3 behind.
  expect(await lag()).toEqual([[{ "rivulet.projection": "total" }, 2]]);
  expect(new Set(spans().map(({ name }) => name))).toEqual(new Set(["append"]));
});

type Store = Awaited<ReturnType<typeof openTraced>>;

/** How far watches are behind the 3 events of "counter-1" and the 2 later ones of "other", after so many events were taken. */
const LAGS: readonly [
  what: string,
  watch: (store: Store) => EventWatcher,
  gauge: "watcher" | "stream_watcher",
  lags: readonly number[],
][] = [
  ["the whole store", (store) => store.watch(), "watcher", [5, 4, 3, 2, 1, 0]],
  ["the store after a position", (store) => store.watch({ after: 2 }), "watcher", [3, 2, 1, 0]],
  ["streams", (store) => store.watch({ streams: ["counter-1"] }), "watcher", [5, 4, 3, 0]],
  ["a prefix", (store) => store.watch({ streamPrefix: "counter-" }), "watcher", [5, 4, 3, 0]],
  ["a type", (store) => store.watch({ types: ["noted"] }), "watcher", [5, 1, 0]],
  ["a stream", (store) => store.stream("counter-1").watch(), "stream_watcher", [3, 2, 1, 0]],
  ["a stream after a version", (store) => store.stream("other").watch({ after: 1 }), "stream_watcher", [1, 0]],
];

test.each(LAGS)("a watch of %s tells how far it is behind, until it ends", async (_what, watch, gauge, lags) => {
  const store = await openTraced();
  await store.stream("counter-1").append([1, 2, 3].map((by) => ({ type: "counted", data: { by } })));
  await store.stream("other").append([1, 2].map(() => ({ type: "noted" })));
  const name = `rivulet.${gauge}.lag`;
  const lag = async () => (await measured(name)).map(([, value]) => value);
  const watcher = watch(store);
  const found = [];
  for (const _event of lags.slice(1)) {
    found.push(...(await lag()));
    await watcher.next();
  }
  // The next event is asked for, so that all of them were handled.
  const waiting = watcher.next();
  await expect.poll(lag).toEqual([lags.at(-1)]);
  // Before the first event is asked for, it has not begun.
  expect(found).toEqual(lags.slice(1, -1));

  await watcher.return?.();
  await waiting;
  await store.stream("counter-1").append([1, 2, 3].map((by) => ({ type: "counted", data: { by } })));
  // The SDK keeps the last value.
  expect(await lag()).toEqual([lags.at(-1)]);
});

test.each([
  ["the store", (store: Store) => store.watch({ after: "head" }), "watcher"],
  ["a stream", (store: Store) => store.stream("counter-1").watch({ after: "head" }), "stream_watcher"],
] as const)("a watch of %s from its head is not behind what was stored before", async (_what, watch, gauge) => {
  const store = await openTraced();
  const append = () => store.stream("counter-1").append({ type: "counted", data: { by: 1 } });
  for (let count = 0; count < 3; count++) await append();
  const lag = async () => (await measured(`rivulet.${gauge}.lag`)).map(([, value]) => value);
  const watcher = watch(store);
  onTestFinished(async () => void (await watcher.return?.()));
  expect(await lag()).toEqual([]);
  const first = watcher.next();
  expect(await lag()).toEqual([0]);
  await append();
  await append();
  await first;
  expect(await lag()).toEqual([1]);
});

test("a storage that fails while metrics are collected leaves no rejection behind that nobody handles", async () => {
  const inner = betterSqlite3();
  let fails = false;
  const failing: Adapter = {
    ...inner,
    async open() {
      const opened = await inner.open();
      const storage = wrapVerbs(opened.storage, (verb) => async (...call) => {
        if (fails) throw new Error("the disk is gone");
        return verb(...call);
      });
      return { ...opened, storage };
    },
  };
  const store = traced(await openEventStore(failing), telemetry());
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(async () => {
    process.off("unhandledRejection", note);
    fails = false;
    await store.close();
  });
  const watchers: EventWatcher[] = [store.watch()];
  for (const name of ["a", "b", "c"]) {
    await store.stream(name).append({ type: "noted" });
    watchers.push(store.stream(name).watch());
  }
  for (const watcher of watchers) await watcher.next();

  fails = true;
  await measured("rivulet.stream_watcher.lag").catch(() => undefined);
  await setImmediate();

  expect(unhandled).toEqual([]);
});
