import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { getEventListeners } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median } from "./harness.ts";
import { formatNumber, measureRow, type Row } from "./row.ts";
import { roundsOf } from "./soak-work.ts";

/** How often the process is measured. */
const SAMPLES = 40;

/** What a process has while nothing goes on in it. */
interface Sample {
  readonly "JavaScript's memory, MB": number;
  readonly "the process's memory, MB": number;
  readonly "open files": number;
  readonly "timers and other resources": number;
  readonly "listeners of a signal that all calls share": number;
  readonly "listeners of the process": number;
  readonly "operations a second of the processor": number;
}

/** Operations of all kinds for some minutes: what is measured in the last quarter, beside the second. `soak/MINUTES` sets how many. */
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
    // Other processes take none of it.
    const { user, system } = process.cpuUsage(used);
    const seconds = (user + system) / 1e6;
    total += operations;
    // What has ended may still have a turn or two.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    collect();
    samples.push(sampleOf(signal, operations / seconds));
  }
  const head = await store.head();
  await store.close();

  const quarter = SAMPLES / 4;
  for (const name of Object.keys(samples[0] as Sample) as (keyof Sample)[]) {
    const of = (part: readonly Sample[]): number => median(part.map((sample) => sample[name]));
    const before = of(samples.slice(quarter, 2 * quarter));
    yield measureRow({
      name: `after ${minutes} minutes: ${name}`,
      against: "after a quarter of the time",
      value: of(samples.slice(-quarter)),
      unit: "",
      detail: `before: ${formatNumber(before)}; ${total} operations, ${head} events`,
      figures: { before },
    });
  }
}

function sampleOf(signal: AbortSignal, rate: number): Sample {
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    "JavaScript's memory, MB": (heapUsed + external) / 2 ** 20,
    "the process's memory, MB": rss / 2 ** 20,
    "open files": readdirSync("/proc/self/fd").length,
    "timers and other resources": process.getActiveResourcesInfo().length,
    "listeners of a signal that all calls share": getEventListeners(signal, "abort").length,
    "listeners of the process": process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    "operations a second of the processor": rate,
  };
}

/** Garbage would count as memory. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
