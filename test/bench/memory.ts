import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { estimate } from "./harness.ts";
import { appendBatch } from "./pair.ts";
import { measureRow, type Row } from "./row.ts";

const EVENTS = 1_000_000;
const ROUNDS = 5;

/** The memory that a long replay uses. */
export async function* benchMemory(folder: string): AsyncGenerator<Row> {
  const path = join(folder, "million.db");
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  for (let events = 0; events < EVENTS; events += 1_000) await appendBatch(store);
  await store.close();
  const heaps: number[] = [];
  const residents: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const child = fork(fileURLToPath(new URL("./memory-child.js", import.meta.url)), [path]);
    const [{ heap, resident, count }] = (await once(child, "message")) as [
      { heap: number; resident: number; count: number },
    ];
    if (count !== EVENTS) throw new Error(`the replay read ${count} events`);
    heaps.push(heap);
    residents.push(resident);
  }
  const against = "the process with the store open";
  yield measureRow({
    name: "a replay of a million holds (JavaScript's own, peak)",
    against,
    value: estimate(heaps),
    unit: "MB",
    atMost: 64,
  });
  yield measureRow({
    name: "a replay of a million holds (whole process, peak)",
    against,
    value: estimate(residents),
    unit: "MB",
  });
}
