import { join } from "node:path";
import { openEventStore, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import { defineProjection } from "rivulet/projections";
import * as v from "valibot";
import * as z from "zod";
import { compare, type Work } from "./harness.ts";
import { PAYLOADS, type Payload } from "./payload.ts";
import { comparisonRow, type Row } from "./row.ts";

type Happened = Event<"happened", Payload>;

const initial = (): number => 0;
const evolve = { happened: (count: number): number => count + 1 };
const counted = defineProjection<number, Happened>({ name: "counted", initial, on: evolve });
const decider = defineDecider<number, Happened["data"], Happened>({
  initial,
  evolve,
  decide: (data) => ({ type: "happened", data }),
});

/** Streams of this length are loaded: short enough that the append counts. */
const LENGTH = 20;

/** Commands beside their parts, and what definitions of events cost. */
export async function* benchCommands(folder: string): AsyncGenerator<Row> {
  yield* benchExecute(folder);
  yield* benchSchemas(folder);
  yield* benchUpcasters(folder);
}

async function* benchExecute(folder: string): AsyncGenerator<Row> {
  for (const durability of ["full", "normal"] as const) {
    const store = await openEventStore(betterSqlite3({ path: join(folder, `execute-${durability}.db`), durability }));
    await fill(store, 80);
    const count = durability === "full" ? 100 : 300;
    const byHand = async (stream: string, data: Happened["data"], key?: string): Promise<void> => {
      const handle = store.stream<Happened>(stream);
      const { version } = await handle.load(counted);
      await handle.append(
        { type: "happened", data, ...(key !== undefined && { id: key }) },
        { expectedVersion: version },
      );
    };
    const execute = async (stream: string, data: Happened["data"], idempotencyKey?: string): Promise<void> => {
      await store.stream<Happened>(stream).execute(decider, data, { idempotencyKey });
    };
    const work = (name: string, one: typeof execute, keyed = false): Work => {
      let round = 0;
      let streams: string[] = [];
      return {
        async prepare() {
          round += 1;
          streams = await longStreams(store, `${name}-${round}`, count);
        },
        async run() {
          for (const [index, stream] of streams.entries()) {
            await one(stream, PAYLOADS[index % 1000] as Payload, keyed ? `${stream}-${index}` : undefined);
          }
          return count;
        },
      };
    };
    const level = durability.toUpperCase();
    // At most 1.3 times as long is at least 1 / 1.3 of the rate.
    const options = { against: "load, then append with the version", goal: 0.77 };
    yield comparisonRow(
      await compare(
        `executing a command on ${LENGTH} events, ${level}`,
        work("e", execute),
        work("h", byHand),
        options,
      ),
    );
    yield comparisonRow(
      await compare(`the same with an idempotency key, ${level}`, work("ek", execute, true), work("hk", byHand, true), {
        against: "load, then append with the version and an id",
      }),
    );
    await store.close();
  }
}

async function* benchSchemas(folder: string): AsyncGenerator<Row> {
  const path = (name: string): string => join(folder, `schemas-${name}.db`);
  const plain = await openEventStore(betterSqlite3({ path: path("none"), durability: "normal" }));
  await fill(plain, 40);
  for (const [name, schema] of [
    ["zod", z.object({ index: z.number(), note: z.string() })],
    ["valibot", v.object({ index: v.number(), note: v.string() })],
  ] as const) {
    const events = defineEvents({ happened: { schema } });
    const checked = await openEventStore(betterSqlite3({ path: path(name), durability: "normal" }), { events });
    await fill(checked, 40);
    yield comparisonRow(
      await compare(`batches of 1,000, checked by ${name}`, batches(checked), batches(plain), {
        against: "without a schema",
      }),
    );
    await checked.close();
  }
  await plain.close();
}

async function* benchUpcasters(folder: string): AsyncGenerator<Row> {
  const path = join(folder, "upcasters.db");
  const writer = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  await fill(writer, 40);

  const renamed = ({ index, note }: Payload) => ({ index, text: note });
  const united = ({ index, text }: { index: number; text: string }) => ({ index, text, unit: "piece" });
  for (const [name, goal, upcast] of [
    ["an upcaster", 0.8, { 1: renamed }],
    ["two upcasters", undefined, { 1: renamed, 2: united }],
  ] as const) {
    const events = defineEvents({ happened: { version: Object.keys(upcast).length + 1, upcast } });
    const reader = await openEventStore(betterSqlite3({ path, durability: "normal" }), { events });
    yield comparisonRow(
      await compare(`full replay through ${name}`, replay(reader), replay(writer), {
        against: "without definitions",
        ...(goal !== undefined && { goal }),
      }),
    );
    await reader.close();
  }
  const events = defineEvents({ happened: {} });
  const reader = await openEventStore(betterSqlite3({ path, durability: "normal" }), { events });
  yield comparisonRow(
    await compare("full replay of events of today's version", replay(reader), replay(writer), {
      against: "without definitions",
    }),
  );
  await reader.close();
  await writer.close();
}

function replay(store: EventStore): Work {
  return {
    async run() {
      let count = 0;
      for await (const event of store.read()) count += event.data === undefined ? 0 : 1;
      return count;
    },
  };
}

function batches(store: EventStore): Work {
  return {
    async run() {
      await fill(store, 5);
      return 5_000;
    },
  };
}

async function fill(store: EventStore, batchCount: number): Promise<void> {
  for (let batch = 0; batch < batchCount; batch++) {
    await store.stream("filled").append(PAYLOADS.map((data) => ({ type: "happened", data })));
  }
}

async function longStreams(store: EventStore, prefix: string, count: number): Promise<string[]> {
  const streams = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  const events = PAYLOADS.slice(0, LENGTH).map((data) => ({ type: "happened", data }));
  await Promise.all(streams.map((stream) => store.stream(stream).append(events)));
  return streams;
}
