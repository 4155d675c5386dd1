import { compare } from "../harness.ts";
import { comparisonRow, type Row } from "../row.ts";
import type { Caller } from "./calls.ts";
import { takeRows } from "./raw-reads.ts";
import { appendBatches, appendTogether, openStore, startBench, type TabStore } from "./setting.ts";
import { measureOverhead, tripsToOwnWorker } from "./trips.ts";
import { measureWatcher } from "./watching.ts";
import type { BenchCalls } from "./worker.ts";

const EVENTS = 20_000;

/** One tab with its own worker, as most pages are. */
export async function benchOwnTab(): Promise<Row[]> {
  const bench = startBench();
  await bench.call("open", "own-tab");
  await bench.call("openStore", "own-tab");
  const store = await openStore("own tab");
  await appendBatches(store, 20);
  const trips = await tripsToOwnWorker(bench);
  const rows: Row[] = [];
  for await (const row of measureOverhead("one awaited append, from its own tab", store, bench, trips)) rows.push(row);
  rows.push(
    comparisonRow(
      await compare(
        "1,000 concurrent appends, from one tab",
        { run: () => appendTogether(store, 1_000) },
        { run: () => writeOneByOne(bench) },
        { against: "raw oo1 in a worker, one at a time", goal: 10 },
      ),
    ),
    comparisonRow(
      await compare(
        "batches of 1,000, from the tab",
        { run: () => appendBatches(store, 4) },
        { run: () => writeBatches(bench) },
        { against: "raw oo1 in a worker, row by row in one transaction" },
      ),
    ),
    comparisonRow(
      await compare(
        "full replay in the tab, parsed",
        { run: () => replay(store) },
        { run: () => replayRaw(bench) },
        { against: "raw oo1, rows sent as objects, parsed", goal: 2.5 },
      ),
    ),
    await measureWatcher(store, trips.idle),
  );
  await store.close();
  bench.terminate();
  return rows;
}

export async function writeOneByOne(bench: Caller<BenchCalls>): Promise<number> {
  await bench.call("writeOne", 40);
  return 40;
}

async function writeBatches(bench: Caller<BenchCalls>): Promise<number> {
  for (let batch = 0; batch < 4; batch++) await bench.call("writeBatch");
  return 4_000;
}

async function replay(store: TabStore): Promise<number> {
  let count = 0;
  for await (const event of store.read({ limit: EVENTS })) count += event.data === undefined ? 0 : 1;
  return count;
}

async function replayRaw(bench: Caller<BenchCalls>): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const taken = takeRows(port1);
  await bench.call("sendRows", port2, EVENTS);
  const count = await taken;
  port1.close();
  return count;
}
