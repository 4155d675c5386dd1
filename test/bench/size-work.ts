import type { EventStore } from "rivulet";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { formatNumber, measureRow, type Row } from "./row.ts";

/** One event in so many is of the rare type, and one stream has so many events. */
const RARE = 100_000;
/** A stream for so many events. */
const PER_STREAM = 10;

/** How many events are appended at once while a store is filled. */
export const BATCH = 1_000;
const NOTE = "x".repeat(88);
const ROUNDS = 200;

/** Something to do with a large store: its result is a duration in this unit, for each of what it counts. */
export interface Work {
  readonly unit: "ms" | "µs an event" | "µs a stream";
  /** Resolves with how many times the measured thing was done. */
  run(store: EventStore): Promise<number>;
}

/** The mean and the longest time of an append of a batch, in milliseconds, and the mean CPU time of all threads, if it is known. */
export interface Filling {
  readonly mean: number;
  readonly longest: number;
  readonly cpu?: number;
  /** The most memory that the process has had, in MB, if it did nothing else. */
  readonly peak?: number;
}

/**
 * How long each of what a work counts took, in its unit, and the most memory that its process has had, in MB. `cpu`: the CPU time of
 * all threads, in the same unit, if it is known. Other processes take none of it.
 */
export interface Measured {
  readonly each: number;
  readonly cpu?: number;
  readonly peak: number;
}

/** Appends events of 100 bytes, in batches whose events belong to as many streams. */
export async function fill(store: EventStore, events: number, watch?: (done: number) => void): Promise<Filling> {
  const streams = events / PER_STREAM;
  let longest = 0;
  const start = performance.now();
  for (let done = 0; done < events; done += BATCH) {
    const entries = Array.from({ length: BATCH }, (_, index) => {
      const n = done + index;
      return {
        stream: `stream-${n % streams}`,
        events: { type: n % RARE === RARE / 2 ? "rare" : "happened", data: { note: NOTE, n } },
      };
    });
    const before = performance.now();
    await store.append(entries);
    longest = Math.max(longest, performance.now() - before);
    watch?.(done);
  }
  return { mean: ((performance.now() - start) * BATCH) / events, longest };
}

/** The greatest sizes of a store's file and of its log while it was filled with so many events, in bytes. */
export interface Files {
  readonly events: number;
  readonly size: number;
  readonly log: number;
}

/** What the rows of so many events are compared with. */
export function tenthOf(events: number): string {
  return `a tenth of ${events.toLocaleString("en")} events`;
}

/** The rows of the files of a store that was filled. */
export function* fileRows(against: string, whole: Files, tenth: Files): Generator<Row> {
  const row = (name: string, unit: string, at: (files: Files) => number): Row =>
    sizeRow({ name, unit, against }, at(whole), at(tenth));
  yield row("disk, 100 bytes of data an event", "bytes an event", ({ size, events }) => size / events);
  yield row("the log at its greatest", "MB", ({ log }) => log / 1e6);
}

/** The rows of how a store was filled. */
export function* fillingRows(against: string, whole: Filling, tenth: Filling): Generator<Row> {
  const shown = { name: "a batch of 1,000 over many streams", unit: "ms", against };
  yield* timeRows(shown, { ...whole, each: whole.mean }, { ...tenth, each: tenth.mean });
  yield sizeRow({ ...shown, name: "the longest that such a batch took" }, whole.longest, tenth.longest);
}

/** What all rows of a work have. */
type Shown = Pick<Row, "name" | "unit" | "against">;

/** The rows of a work, beside a store with a tenth of the events: of durations, and of CPU time if it is known. */
export function* timeRows(shown: Shown, whole: Partial<Measured>, tenth: Partial<Measured>): Generator<Row> {
  if (whole.each !== undefined && tenth.each !== undefined)
    yield sizeRow(shown, whole.each, tenth.each, peaks(whole, tenth));
  if (whole.cpu !== undefined && tenth.cpu !== undefined)
    yield sizeRow({ ...shown, name: `${shown.name}, CPU time` }, whole.cpu, tenth.cpu);
}

function sizeRow(shown: Shown, whole: number, tenth: number, more = ""): Row {
  const detail = `a tenth: ${formatNumber(tenth)}${more}`;
  return measureRow({ ...shown, value: whole, detail, figures: { whole, tenth } });
}

function peaks(whole: Partial<Measured>, tenth: Partial<Measured>): string {
  if (whole.peak === undefined || tenth.peak === undefined) return "";
  return `; the process at its peak: ${whole.peak.toFixed(0)} MB, a tenth: ${tenth.peak.toFixed(0)} MB`;
}

/** Resolves with how long each of what the work counts took, in the work's unit. */
export async function timeWork({ unit, run }: Work, store: EventStore): Promise<number> {
  const before = performance.now();
  const done = await run(store);
  return inUnit(performance.now() - before, unit) / done;
}

/** Converts milliseconds. */
export function inUnit(milliseconds: number, unit: Work["unit"]): number {
  return unit === "ms" ? milliseconds : milliseconds * 1_000;
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
};

async function drainTexts(store: EventStore): Promise<number> {
  let lines = 0;
  for await (const text of store.exportEvents(ndjson)) lines += text.split("\n").length - 1;
  return lines;
}
