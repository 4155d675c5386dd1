import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Row } from "./row.ts";
import { CLOSED, WORKS } from "./size-file.ts";
import {
  BATCH,
  fileRows,
  fill,
  fillingRows,
  tenthOf,
  timeRows,
  type Files,
  type Filling,
  type Measured,
} from "./size-work.ts";

interface Filled extends Filling, Files {
  readonly path: string;
}

/** What everything costs with this many events of 100 bytes, beside a tenth of them. Each thing is done in a process of its own. */
export async function* benchSize(folder: string, events: number): AsyncGenerator<Row> {
  const small = await fillFile(join(folder, "tenth.db"), events / 10);
  const large = await fillFile(join(folder, "whole.db"), events);
  const against = tenthOf(events);
  yield* fileRows(against, large, small);
  yield* fillingRows(against, large, small);
  for (const [name, { unit }] of Object.entries({ ...WORKS, ...CLOSED })) {
    const tenth = await measure(small.path, name);
    const whole = await measure(large.path, name);
    yield* timeRows({ name, unit, against }, whole, tenth);
  }
}

async function fillFile(path: string, events: number): Promise<Filled> {
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  let log = 0;
  const cpu = process.cpuUsage();
  const filling = await fill(store, events, (done) => {
    if (done % 50_000 === 0) log = Math.max(log, statSync(`${path}-wal`).size);
  });
  const { user, system } = process.cpuUsage(cpu);
  await store.close();
  return {
    ...filling,
    cpu: ((user + system) / events) * (BATCH / 1_000),
    path,
    events,
    log,
    size: statSync(path).size,
  };
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
