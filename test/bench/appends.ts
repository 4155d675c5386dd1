import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type Database from "better-sqlite3";
import { join } from "node:path";
import { compare, type Comparison } from "./harness.ts";
import { INSERT, openRaw, payload, uuidv7 } from "./raw.ts";

const PAYLOADS = Array.from({ length: 1000 }, (_, index) => payload(index));

/** Appends, beside the same transactions by hand. */
export async function* benchAppends(folder: string): AsyncGenerator<Comparison> {
  for (const durability of ["full", "normal"] as const) {
    const { store, raw, close } = await openBoth(join(folder, durability), durability);
    const write = rawWriter(raw);
    yield await compare(
      `one awaited append, ${durability.toUpperCase()}`,
      { run: () => appendOneByOne(store, durability === "full" ? 50 : 500) },
      { run: () => times(durability === "full" ? 50 : 500, () => write(1)) },
      { against: "BEGIN IMMEDIATE, prepared INSERT, COMMIT", goal: durability === "full" ? 0.9 : 0.7 },
    );
    if (durability === "full") yield* benchGroups(store, write);
    await close();
  }
}

async function* benchGroups(store: EventStore, write: (size: number) => void): AsyncGenerator<Comparison> {
  for (const size of [8, 64, 512]) {
    const rounds = Math.max(4, Math.floor(1024 / size));
    yield await compare(
      `${size} concurrent appends, FULL`,
      { run: () => appendConcurrently(store, size, rounds) },
      { run: () => times(rounds, () => write(size)) * size },
      { against: `one raw transaction of ${size}`, goal: 0.8 },
    );
  }
  yield await compare(
    "512 concurrent appends, FULL",
    { run: () => appendConcurrently(store, 512, 4) },
    { run: () => times(50, () => write(1)) },
    { against: "raw, one at a time", goal: 15 },
  );
  yield await compare(
    "batches of 1,000, FULL",
    { run: () => appendBatches(store, 4) },
    { run: () => times(4, () => write(1000)) * 1000 },
    { against: "a raw loop in one transaction", goal: 0.85 },
  );
}

async function appendOneByOne(store: EventStore, count: number): Promise<number> {
  const stream = store.stream("one");
  for (let index = 0; index < count; index++) {
    await stream.append({ type: "happened", data: PAYLOADS[index % 1000] });
  }
  return count;
}

async function appendConcurrently(store: EventStore, size: number, rounds: number): Promise<number> {
  const stream = store.stream("one");
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      Array.from({ length: size }, (_, index) => stream.append({ type: "happened", data: PAYLOADS[index] })),
    );
  }
  return size * rounds;
}

async function appendBatches(store: EventStore, count: number): Promise<number> {
  const stream = store.stream("one");
  const events = PAYLOADS.map((data) => ({ type: "happened", data }));
  for (let batch = 0; batch < count; batch++) await stream.append(events);
  return count * events.length;
}

function times(count: number, work: () => void): number {
  for (let index = 0; index < count; index++) work();
  return count;
}

/** Writes so many events in one transaction. */
export function rawWriter(raw: Database.Database): (size: number) => void {
  const begin = raw.prepare("BEGIN IMMEDIATE");
  const commit = raw.prepare("COMMIT");
  const insert = raw.prepare(INSERT);
  raw.prepare("INSERT INTO streams (name) VALUES ('one')").run();
  let position = 0;
  return (size) => {
    begin.run();
    for (let index = 0; index < size; index++) {
      position += 1;
      const data = JSON.stringify(PAYLOADS[index % 1000]);
      insert.run(position, 1, position, uuidv7(), 1, 1, data, null, Date.now());
    }
    commit.run();
  };
}

async function openBoth(
  path: string,
  durability: "full" | "normal",
): Promise<{ store: EventStore; raw: Database.Database; close: () => Promise<void> }> {
  const store = await openEventStore(betterSqlite3({ path: `${path}-rivulet.db`, durability }));
  const raw = openRaw(`${path}-raw.db`, durability === "full" ? "FULL" : "NORMAL");
  const close = async (): Promise<void> => {
    await store.close();
    raw.close();
  };
  return { store, raw, close };
}
