import { openEventStore, type EventStore, type NewEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type Database from "better-sqlite3";
import { randomBytes, randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { compare, type Work } from "./harness.ts";
import { PAYLOADS, type Payload } from "./payload.ts";
import { openRaw } from "./raw.ts";
import { createRawWriter } from "./raw-writes.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";
import { benchSize } from "./size.ts";

const STREAMS = 4_000;
const FEW = 10_000;
const MANY = 1_000_000;

/** What is done with a store of either size. */
interface Compared {
  readonly name: string;
  /** Resolves with the number of operations. */
  readonly work: (store: EventStore) => Promise<number>;
  readonly goal: number;
  /**
   * Makes the ids of the events that both stores have; default: the store's own, which rise with time. The small store is then another
   * one in each block: among random ids, one that grows becomes as slow as a large one.
   */
  readonly makeId?: () => string;
}

const COMPARED = {
  batches: {
    name: "batches of 1,000 into a million stored events",
    work: (store) => appendBatches(store, 3),
    goal: 0.8,
  },
  scattered: {
    name: "the same, each event to another stream",
    work: (store) => appendScattered(store, 3),
    goal: 0.8,
  },
  singles: {
    name: "single appends into a million stored events",
    work: (store) => appendSingles(store, 200),
    goal: 0.8,
  },
  pages: { name: "page reads among a million stored events", work: (store) => readPages(store, 20), goal: 0.8 },
  random: {
    name: "batches of 1,000 into a million stored events, ids by crypto.randomUUID()",
    // As many as fill the log once, so that each block has a checkpoint of the large store.
    work: (store) => appendBatches(store, 8, randomUUID),
    goal: 0.6,
    makeId: randomUUID,
  },
} as const satisfies Readonly<Record<string, Compared>>;

/** What can be measured alone, beside `growth/EVENTS`. */
export const GROWTH_CASES: readonly string[] = [...Object.keys(COMPARED), "disk"];

/**
 * What a million stored events cost, against ten thousand: time, disk, memory. A number instead of a case: what everything costs with
 * as many events, such as `growth/10000000`.
 */
export async function* benchGrowth(folder: string, only?: string): AsyncGenerator<Row> {
  if (only !== undefined && !GROWTH_CASES.includes(only)) {
    yield* benchSize(folder, Number(only));
    return;
  }
  const path = join(folder, "large.db");
  const shared = only === "random" ? undefined : await open(path, MANY);
  for (const [key, compared] of Object.entries<Compared>(COMPARED)) {
    if (only !== undefined && only !== key) continue;
    const { makeId } = compared;
    const large = makeId === undefined ? shared : await open(join(folder, `${key}-large.db`), MANY, makeId);
    yield await compareSizes(compared, large as EventStore, join(folder, key));
    if (large !== shared) await large?.close();
    if (key === "random") yield await compareByHand(join(folder, "by-hand"));
  }
  await shared?.close();
  if (only === undefined || only === "disk") yield await measureDisk(path);
}

async function measureDisk(path: string): Promise<Row> {
  return measureRow({
    name: "disk, 269 bytes of payload an event",
    value: statSync(path).size / (await countEvents(path)),
    unit: "bytes an event",
    atMost: 375,
  });
}

/** The small store is not that of other rows, which would have filled it. */
async function compareSizes({ name, work, goal, makeId }: Compared, large: EventStore, path: string): Promise<Row> {
  let small: EventStore | undefined;
  let opened = 0;
  const theirs: Work = {
    async prepare() {
      if (small !== undefined && makeId === undefined) return;
      await small?.close();
      small = await open(`${path}-${++opened}.db`, FEW, makeId);
    },
    run: () => work(small as EventStore),
  };
  const compared = await compare(name, { run: () => work(large) }, theirs, { against: "into ten thousand", goal });
  await small?.close();
  return comparisonRow(compared);
}

/** The INSERTs of such batches by hand, with a unique index of random ids: how much of its rate SQLite itself keeps. */
async function compareByHand(path: string): Promise<Row> {
  const large = fillByHand(`${path}-large.db`, MANY);
  let small: FilledByHand | undefined;
  let opened = 0;
  const compared = await compare(
    "the same INSERTs by hand, without a look at the ids before",
    { run: () => writeBatches(large) },
    {
      prepare() {
        small?.raw.close();
        small = fillByHand(`${path}-${++opened}.db`, FEW);
      },
      run: () => writeBatches(small as FilledByHand),
    },
    { against: "into ten thousand" },
  );
  for (const { raw } of [large, small as FilledByHand]) raw.close();
  return comparisonRow(compared);
}

interface FilledByHand {
  readonly raw: Database.Database;
  readonly write: (size: number) => void;
}

function fillByHand(path: string, events: number): FilledByHand {
  const raw = openRaw(path, "NORMAL");
  const write = createRawWriter(raw, () => randomBytes(16));
  for (let done = 0; done < events; done += 5_000) write(5_000);
  return { raw, write };
}

function writeBatches({ write }: FilledByHand): number {
  for (let batch = 0; batch < 8; batch++) write(1_000);
  return 8;
}

/** Interleaved streams, as a busy application would write them. */
async function open(path: string, events: number, makeId?: () => string): Promise<EventStore> {
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  for (let done = 0; done < events; done += 5_000) {
    const entries = Array.from({ length: Math.min(5_000, events) }, (_, index) => ({
      stream: `stream-${(done + index) % STREAMS}`,
      events: happened(PAYLOADS[index % 1000] as Payload, makeId),
    }));
    await store.append(entries);
  }
  return store;
}

async function appendBatches(store: EventStore, count: number, makeId?: () => string): Promise<number> {
  for (let batch = 0; batch < count; batch++) {
    const events = PAYLOADS.map((data) => happened(data, makeId));
    await store.stream(`stream-${(batch * 37) % STREAMS}`).append(events);
  }
  return count;
}

async function appendScattered(store: EventStore, count: number): Promise<number> {
  for (let batch = 0; batch < count; batch++) {
    await store.append(
      PAYLOADS.map((data, index) => ({ stream: `stream-${index * 3}`, events: { type: "happened", data } })),
    );
  }
  return count;
}

async function appendSingles(store: EventStore, count: number): Promise<number> {
  for (let index = 0; index < count; index++) {
    await store.stream(`stream-${(index * 37) % STREAMS}`).append({ type: "happened", data: PAYLOADS[index % 1000] });
  }
  return count;
}

async function readPages(store: EventStore, count: number): Promise<number> {
  const head = await store.head();
  for (let page = 0; page < count; page++) {
    await store.read({ after: Math.floor(Math.random() * (head - 500)), limit: 400 }).toArray();
  }
  return count;
}

async function countEvents(path: string): Promise<number> {
  await using store = await openEventStore(betterSqlite3({ path }));
  return store.head();
}

function happened(data: Payload, makeId?: () => string): NewEvent {
  return { type: "happened", data, ...(makeId !== undefined && { id: makeId() }) };
}
