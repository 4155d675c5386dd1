import { getEventListeners } from "node:events";
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

type Counted = Event<"counted", number>;
const MANY = Array.from({ length: 20 }, (_, index) => index);
const counted = (data: number) => ({ type: "counted" as const, data });
const sum = defineProjection<number, Counted>({
  name: "sum",
  initial: () => 0,
  on: { counted: (state, { data }) => state + data },
});
const once = defineDecider<number, number, Counted>({
  initial: () => 0,
  evolve: { counted: (state, { data }) => state + data },
  decide: (command) => counted(command),
});

const warnings: Error[] = [];
const warn = (warning: Error): void => void warnings.push(warning);
beforeEach(() => void process.on("warning", warn));
afterEach(() => {
  process.off("warning", warn);
  warnings.length = 0;
});

/** Node emits warnings in a later turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("however many calls share a signal, it has at most one listener, and none after they have ended", async () => {
  await using store = await openEventStore(betterSqlite3());
  const stream = store.stream<Counted>("a");
  const { signal } = new AbortController();
  const most = (): number => getEventListeners(signal, "abort").length;

  const work = [
    ...MANY.map((n) => stream.append(counted(n), { signal })),
    ...MANY.map((n) => stream.execute(once, n, { signal })),
    ...MANY.map(() => stream.read({ signal }).toArray()),
    ...MANY.map(() => stream.load(sum, { signal })),
    ...MANY.map(() => store.exportEvents(ndjson, { signal }).toArray()),
  ];
  const live = MANY.map(() => store.project(sum, { signal }));
  const watchers = MANY.map(() => store.watch({ signal }));
  const watched = watchers.map((watcher) => watcher.next());
  const caughtUp = live.map((one) => one.caughtUp(undefined, { signal }));
  expect(most()).toBe(1);
  await Promise.all([...work, ...watched, ...caughtUp]);
  for (const one of live) one.close();
  for (const watcher of watchers) await watcher.return?.();
  await turn();

  expect([most(), warnings]).toEqual([0, []]);
});

test("a read that is left midway leaves no listener on its signal, and an abort still ends it", async () => {
  await using store = await openEventStore(betterSqlite3());
  await store.stream<Counted>("a").append(MANY.map(counted));
  const ending = new AbortController();
  const { signal } = ending;
  const readers = [
    store.read({ limit: 5, signal }),
    store.stream("a").read({ limit: 5, signal }),
    store.streams({ signal }),
    store.exportEvents(ndjson, { signal }),
  ];
  for (const reader of readers) await reader.next();

  expect(getEventListeners(signal, "abort")).toEqual([]);
  const reason = new Error("enough");
  ending.abort(reason);
  for (const reader of readers) await expect(reader.next()).rejects.toBe(reason);
});

test("each call of a handler has its own signal, so that listeners do not accumulate", async () => {
  await using store = await openEventStore(betterSqlite3());
  await store.stream<Counted>("a").append(MANY.map(counted));
  const signals = new Set<unknown>();
  const consumer = store.consume(
    defineConsumer<Counted>({
      name: "counter",
      async handler({ data }, { signal, append }) {
        signals.add(signal);
        signal.addEventListener("abort", () => undefined);
        if (data === 7)
          await Promise.all(MANY.map((n) => append([{ stream: "b", events: { type: "other", data: n } }])));
      },
      types: ["counted"],
    }),
  );
  await vi.waitUntil(() => consumer.position >= 20);
  await consumer.close();
  await turn();

  expect([signals.size, warnings]).toEqual([20, []]);
});
