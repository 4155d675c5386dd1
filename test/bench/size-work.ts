import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { openEventStore, type EventStore } from "rivulet";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ROOT } from "../support/run-node.ts";

/** One event in so many is of the rare type, and one stream has so many events. */
export const RARE = 100_000;
/** A stream for so many events. */
export const PER_STREAM = 10;

const ROUNDS = 200;

/** Something to do with a large file: the unit of its result, which is a duration for each of what `count` counts. */
interface Work {
  readonly unit: "ms" | "µs an event" | "µs a stream";
  /** Whether it opens the file itself. */
  readonly closed?: true;
  /** Resolves with how many times the measured thing was done. */
  run(store: EventStore, path: string): Promise<number>;
}

const counts = table("counts", "type TEXT PRIMARY KEY, n INTEGER NOT NULL");
const count = ({ type }: { type: string }): ReturnType<typeof sql> =>
  sql`INSERT INTO ${counts} VALUES (${type}, 1) ON CONFLICT (type) DO UPDATE SET n = n + 1`;
const model = defineReadModel({ name: "counts", tables: [counts], on: { happened: count, rare: count } });

const sum = defineProjection<number>({
  name: "sum",
  initial: () => 0,
  on: { happened: (state) => state + 1 },
  snapshots: { every: 1 },
});

async function drain(events: AsyncIterable<unknown>): Promise<number> {
  let seen = 0;
  for await (const _ of events) seen += 1;
  return seen;
}

async function times(work: (round: number) => Promise<unknown>): Promise<number> {
  for (let round = 0; round < ROUNDS; round++) await work(round);
  return ROUNDS;
}

const somewhere = (head: number): number => Math.floor(Math.random() * head);

export const WORKS: Readonly<Record<string, Work>> = {
  "opening and asking for the head": {
    unit: "ms",
    closed: true,
    async run(_store, path) {
      await using store = await openEventStore(betterSqlite3({ path }));
      await store.head();
      return 1;
    },
  },
  "the first append after opening": {
    unit: "ms",
    async run(store) {
      await store.stream("first").append({ type: "happened" });
      return 1;
    },
  },
  "an append with an id of its own, looked up": {
    unit: "ms",
    run: (store) => times(() => store.stream("ids").append({ type: "happened", id: crypto.randomUUID() })),
  },
  "a page of 100 events": {
    unit: "ms",
    async run(store) {
      const head = await store.head();
      return times(() => store.read({ after: somewhere(head), limit: 100 }).toArray());
    },
  },
  "the events of a stream": {
    unit: "ms",
    async run(store) {
      const streams = (await store.head()) / PER_STREAM;
      return times(() =>
        store
          .stream(`stream-${somewhere(streams)}`)
          .read()
          .toArray(),
      );
    },
  },
  "the ten newest of a rare type": {
    unit: "ms",
    run: (store) => times(() => store.read({ types: ["rare"], direction: "backward", limit: 10 }).toArray()),
  },
  "the event at a time": {
    unit: "ms",
    async run(store) {
      const [first] = await store.read({ limit: 1 }).toArray();
      const [last] = await store.read({ limit: 1, direction: "backward" }).toArray();
      const from = first?.timestamp ?? 0;
      const span = (last?.timestamp ?? 0) - from;
      return times(() => store.read({ asOf: from + Math.random() * span, limit: 1, direction: "backward" }).toArray());
    },
  },
  "a state loaded through a snapshot": {
    unit: "ms",
    async run(store) {
      await store.stream("stream-1").load(sum);
      return times(() => store.stream("stream-1").load(sum));
    },
  },
  replay: { unit: "µs an event", run: (store) => drain(store.read()) },
  "the list of streams": { unit: "µs a stream", run: (store) => drain(store.streams()) },
  "the ten streams of a prefix": {
    unit: "ms",
    run: (store) => times(() => store.streams({ prefix: "stream-10000" }).toArray()),
  },
  "a read model built": {
    unit: "µs an event",
    async run(store) {
      const opened = await store.readModel(model);
      await opened.caughtUp();
      return store.head();
    },
  },
  "a read model rebuilt": {
    unit: "µs an event",
    async run(store) {
      const opened = await store.readModel(model);
      await opened.caughtUp();
      await opened.rebuild();
      // Built twice, unless it was there.
      return store.head();
    },
  },
  "an export as NDJSON": { unit: "µs an event", run: (store) => drainTexts(store) },
  verify: {
    unit: "µs an event",
    closed: true,
    async run(_store, path) {
      const door = pathToFileURL(join(ROOT, "dist/adapters/command-line/run.js")).href;
      const { runCommandLine } = (await import(door)) as { runCommandLine(args: readonly string[]): Promise<number> };
      if ((await runCommandLine(["verify", path])) !== 0) throw new Error("the file is damaged");
      await using store = await openEventStore(betterSqlite3({ path }));
      return store.head();
    },
  },
};

async function drainTexts(store: EventStore): Promise<number> {
  let lines = 0;
  for await (const text of store.exportEvents(ndjson)) lines += text.split("\n").length - 1;
  return lines;
}
