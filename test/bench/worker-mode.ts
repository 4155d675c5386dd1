import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { compare, estimate } from "./harness.ts";
import { appendBatch } from "./pair.ts";
import { appendConcurrently, appendOneByOne } from "./append-loops.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";

const ROUNDS = 9;

/** SQLite in a worker thread: how much it frees the event loop, and what it costs. */
export async function* benchWorker(folder: string): AsyncGenerator<Row> {
  await using inline = await openEventStore(betterSqlite3({ path: join(folder, "inline.db") }));
  await using worker = await openEventStore(betterSqlite3({ path: join(folder, "worker.db"), worker: true }));
  for (let batch = 0; batch < 200; batch++) {
    await appendBatch(inline);
    await appendBatch(worker);
  }
  const pairs: readonly [string, (store: EventStore) => Promise<number>][] = [
    ["full replay of 200,000, worker mode", replay],
    ["one awaited append, worker mode", (store) => appendOneByOne(store, 100)],
    ["64 concurrent appends, worker mode", (store) => appendConcurrently(store, 64, 16)],
    ["batches of 1,000, worker mode", appendBatches],
  ];
  for (const [name, work] of pairs) {
    const ours = { run: () => work(worker) };
    const theirs = { run: () => work(inline) };
    yield comparisonRow(await compare(name, ours, theirs, { against: "inline mode", goal: 0.7, blocks: 20 }));
  }
  yield* benchHolds("a replay of 200,000, worker mode", () => replay(worker));
  let took = 0;
  yield* benchHolds("2,000 single appends, worker mode", async () => {
    const started = performance.now();
    const count = await appendOneByOne(worker, 2_000);
    took = performance.now() - started;
    return count;
  });
  // What the system takes from a process that does nothing else than this measurement.
  yield* benchHolds("nothing for as long", () => sleep(took, 0), false);
  yield* benchHolds("a replay of 200,000, inline mode", () => replay(inline), false);
}

/** The longest time between two turns of the event loop during some work. */
async function* benchHolds(what: string, work: () => Promise<number>, held = true): AsyncGenerator<Row> {
  const longest: number[] = [];
  for (let round = 0; round < ROUNDS; round++) longest.push(await longestHold(work));
  const name = `longest hold of the event loop, ${what} (median of ${ROUNDS})`;
  yield measureRow({ name, value: estimate(longest), unit: "ms", ...(held && { atMost: 5 }) });
}

async function longestHold(work: () => Promise<number>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let next = setImmediate(function tick() {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(tick);
  });
  await work();
  clearImmediate(next);
  return longest;
}

async function replay(store: EventStore): Promise<number> {
  let count = 0;
  for await (const event of store.read({ limit: 200_000 })) count += event.version > 0 ? 1 : 0;
  return count;
}

async function appendBatches(store: EventStore): Promise<number> {
  for (let batch = 0; batch < 4; batch++) await appendBatch(store);
  return 4_000;
}
