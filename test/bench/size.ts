import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatNumber, measureRow, type Row } from "./row.ts";
import { CLOSED, WORKS } from "./size-file.ts";
import { fill, fillingRows, workRow, type Filling, type Measured } from "./size-work.ts";

interface Filled extends Filling {
  readonly path: string;
  readonly events: number;
  /** The greatest sizes of the file and of its log, in bytes. */
  readonly size: number;
  readonly log: number;
}

/** What everything costs with this many events of 100 bytes, beside a tenth of them. Each thing is done in a process of its own. */
export async function* benchSize(folder: string, events: number): AsyncGenerator<Row> {
  const small = await fillFile(join(folder, "tenth.db"), events / 10);
  const large = await fillFile(join(folder, "whole.db"), events);
  const against = `a tenth of ${events} events`;
  const row = (name: string, unit: string, at: (filled: Filled) => number): Row =>
    measureRow({ name, against, value: at(large), unit, detail: `a tenth: ${formatNumber(at(small))}` });
  yield row("disk, 100 bytes of data an event", "bytes an event", ({ size, events: stored }) => size / stored);
  yield row("the log at its greatest", "MB", ({ log }) => log / 1e6);
  yield* fillingRows(against, large, small);
  for (const [name, { unit }] of Object.entries({ ...WORKS, ...CLOSED })) {
    const tenth = await measure(small.path, name);
    const whole = await measure(large.path, name);
    yield workRow(name, unit, against, whole, tenth);
  }
}

async function fillFile(path: string, events: number): Promise<Filled> {
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  let log = 0;
  const filling = await fill(store, events, (done) => {
    if (done % 50_000 === 0) log = Math.max(log, statSync(`${path}-wal`).size);
  });
  await store.close();
  return { ...filling, path, events, log, size: statSync(path).size };
}

async function measure(path: string, name: string): Promise<Measured> {
  const child = fork(fileURLToPath(new URL("./size-child.js", import.meta.url)), [path, name], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [message] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`${name} ended with code ${code}`);
    }),
  ])) as [Measured];
  return message;
}
