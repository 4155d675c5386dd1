import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { getEventListeners } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median } from "./harness.ts";
import { formatNumber, measureRow, type Row } from "./row.ts";
import { memoryParts, type MemoryParts } from "./soak-memory.ts";
import { roundsOf } from "./soak-work.ts";

/** How often the process is measured. */
const SAMPLES = 40;

/** What a process has while nothing goes on in it. */
interface Sample extends MemoryParts {
  readonly "open files": number;
  readonly "timers and other resources": number;
  readonly "listeners of a signal that all calls share": number;
  readonly "listeners of the process": number;
  readonly "operations, a second of CPU time": number;
}

/**
 * Operations of all kinds for some minutes, whose number `soak/MINUTES` sets: the medians of what is measured in the last quarter of
 * the time, and in all four. Each sample is also written to standard error, because a run can be long.
 */
export async function* benchSoak(folder: string, minutes = "1"): AsyncGenerator<Row> {
  const path = join(folder, "soak.db");
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const { signal } = new AbortController();
  const rounds = Object.entries(roundsOf(store, path, signal));
  const collect = collector();
  const samples: Sample[] = [];
  const length = (Number(minutes) * 60_000) / SAMPLES;
  let round = 0;
  let total = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now();
    const used = process.cpuUsage();
    let operations = 0;
    while (performance.now() - start < length) {
      for (const [, run] of rounds) operations += await run(round);
      round += 1;
    }
    // Other processes take none of it, although they slow it down by sharing its caches.
    const { user, system } = process.cpuUsage(used);
    const seconds = (user + system) / 1e6;
    total += operations;
    // What has ended may still have a turn or two.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    collect();
    const taken = sampleOf(signal, operations / seconds);
    samples.push(taken);
    const shown = Object.entries(taken).map(([name, value]: [string, number]) => `${name} ${formatNumber(value)}`);
    process.stderr.write(`${sample + 1} of ${SAMPLES}: ${shown.join("; ")}\n`);
  }
  const head = await store.head();
  await store.close();

  for (const name of Object.keys(samples[0] as Sample) as (keyof Sample)[]) {
    const [first, second, third, last] = quartersOf(samples.map((sample) => sample[name]));
    const [what = "", unit = ""] = name.split(", ");
    yield measureRow({
      name: `after ${minutes} minutes: ${what}`,
      value: last,
      unit,
      detail: `quarters: ${[first, second, third, last].map(formatNumber).join(", ")}`,
      figures: { first, second, third, last },
    });
  }
  yield measureRow({
    name: `after ${minutes} minutes: operations in all`,
    value: total / 1e6,
    unit: "million",
    detail: `${formatNumber(head / 1e6)} million events`,
    figures: { total, head },
  });
}

/** The medians of what was measured in each quarter of the time. */
function quartersOf(values: readonly number[]): readonly [first: number, second: number, third: number, last: number] {
  const length = values.length / 4;
  const of = (quarter: number): number => median(values.slice(quarter * length, (quarter + 1) * length));
  return [of(0), of(1), of(2), of(3)];
}

function sampleOf(signal: AbortSignal, rate: number): Sample {
  return {
    ...memoryParts(),
    "open files": readdirSync("/proc/self/fd").length,
    "timers and other resources": process.getActiveResourcesInfo().length,
    "listeners of a signal that all calls share": getEventListeners(signal, "abort").length,
    "listeners of the process": process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    "operations, a second of CPU time": rate,
  };
}

/** Garbage would count as memory. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
