import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { compare } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";
import { benchSize } from "./size.ts";

const STREAMS = 4_000;

/** What is done with a store of either size. */
interface Compared {
  readonly name: string;
  /** Resolves with the number of operations. */
  readonly work: (store: EventStore) => Promise<number>;
  readonly goal: number;
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
    work: (store) => appendRandom(store, 3),
    goal: 0.6,
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
  const large = await open(join(folder, "large.db"), 1_000_000);
  for (const [key, compared] of Object.entries(COMPARED)) {
    // Each has a small one of its own, which the others would have filled.
    if (only === undefined || only === key) yield await compareSizes(compared, join(folder, `${key}.db`), large);
  }
  await large.close();
  if (only === undefined || only === "disk") yield await measureDisk(folder);
}

async function measureDisk(folder: string): Promise<Row> {
  const bytes = statSync(join(folder, "large.db")).size;
  const events = await countEvents(join(folder, "large.db"));
  return measureRow({
    name: "disk, 269 bytes of payload an event",
    value: bytes / events,
    unit: "bytes an event",
    atMost: 375,
  });
}

async function compareSizes({ name, work, goal }: Compared, path: string, large: EventStore): Promise<Row> {
  await using small = await open(path, 10_000);
  const against = "into ten thousand";
  return comparisonRow(await compare(name, { run: () => work(large) }, { run: () => work(small) }, { against, goal }));
}

/** Interleaved streams, as a busy application would write them. */
async function open(path: string, events: number): Promise<EventStore> {
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  for (let done = 0; done < events; done += 5_000) {
    const entries = Array.from({ length: Math.min(5_000, events) }, (_, index) => ({
      stream: `stream-${(done + index) % STREAMS}`,
      events: { type: "happened", data: PAYLOADS[index % 1000] },
    }));
    await store.append(entries);
  }
  return store;
}

async function appendBatches(store: EventStore, count: number): Promise<number> {
  const events = PAYLOADS.map((data) => ({ type: "happened", data }));
  for (let batch = 0; batch < count; batch++) await store.stream(`stream-${(batch * 37) % STREAMS}`).append(events);
  return count;
}

async function appendRandom(store: EventStore, count: number): Promise<number> {
  for (let batch = 0; batch < count; batch++) {
    const events = PAYLOADS.map((data) => ({ type: "happened", id: randomUUID(), data }));
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
