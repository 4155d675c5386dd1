import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatNumber, measureRow, type Row } from "./row.ts";
import { PER_STREAM, RARE, WORKS } from "./size-work.ts";

const BATCH = 1_000;
const NOTE = "x".repeat(88);

interface Filled {
  readonly path: string;
  readonly events: number;
  /** The mean and the longest time of an append of {@link BATCH} events, in milliseconds. */
  readonly mean: number;
  readonly longest: number;
  /** The greatest sizes of the file and of its log, in bytes. */
  readonly size: number;
  readonly log: number;
}

/** What everything costs with this many events of 100 bytes, beside a tenth of them. Each thing is done in a process of its own. */
export async function* benchSize(folder: string, events: number): AsyncGenerator<Row> {
  const small = await fill(join(folder, "tenth.db"), events / 10);
  const large = await fill(join(folder, "whole.db"), events);
  const against = `a tenth of ${events} events`;
  const row = (name: string, unit: string, at: (filled: Filled) => number): Row =>
    measureRow({ name, against, value: at(large), unit, detail: `a tenth: ${formatNumber(at(small))}` });
  yield row("disk, 100 bytes of data an event", "bytes an event", ({ size, events: stored }) => size / stored);
  yield row("the log at its greatest", "MB", ({ log }) => log / 1e6);
  yield row(`a batch of ${BATCH} over many streams`, "ms", ({ mean }) => mean);
  yield row("the longest that such a batch took", "ms", ({ longest }) => longest);
  for (const [name, { unit }] of Object.entries(WORKS)) {
    const tenth = await measure(small.path, name);
    const whole = await measure(large.path, name);
    const detail = `a tenth: ${formatNumber(tenth.each)}; the process at its peak: ${formatNumber(whole.peak)} MB, a tenth: ${formatNumber(tenth.peak)}`;
    yield measureRow({ name, against, value: whole.each, unit, detail, figures: { ...whole, tenth: tenth.each } });
  }
}

async function fill(path: string, events: number): Promise<Filled> {
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const streams = events / PER_STREAM;
  let longest = 0;
  let log = 0;
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
    if (done % (50 * BATCH) === 0) log = Math.max(log, statSync(`${path}-wal`).size);
  }
  const mean = ((performance.now() - start) * BATCH) / events;
  await store.close();
  return { path, events, mean, longest, log, size: statSync(path).size };
}

async function measure(path: string, name: string): Promise<{ each: number; peak: number }> {
  const child = fork(fileURLToPath(new URL("./size-child.js", import.meta.url)), [path, name], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [message] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`${name} ended with code ${code}`);
    }),
  ])) as [{ each: number; peak: number }];
  return message;
}
