import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { startScriptOn, withoutWarnings } from "../support/child.ts";
import { LONG_LOG_BATCH, longLogBatch } from "../support/long-log-batches.ts";
import { createRandom } from "../support/random.ts";
import { temporaryPath } from "../support/temporary.ts";

/** SQLite itself copies a log of so many pages in the thread that writes, if no other thread has. */
const COPIED_WHILE_WRITING = 8_000;

const WRITERS = [
  { engine: "better-sqlite3", worker: false, durability: "full" },
  { engine: "better-sqlite3", worker: true, durability: "full" },
  { engine: "better-sqlite3", worker: false, durability: "normal" },
  { engine: "node-sqlite", worker: false, durability: "full" },
  { engine: "node-sqlite", worker: true, durability: "normal" },
  { engine: "node-sqlite in Bun", worker: false, durability: "full" },
  { engine: "node-sqlite in Deno", worker: false, durability: "full" },
] as const;

describe.each(WRITERS)("the log of $engine, $durability, worker $worker,", ({ engine, worker, durability }) => {
  test("is copied by another thread before the one that writes has to, and a process that does not close the store ends", async () => {
    const path = temporaryPath();
    const writer = startScriptOn(engine, "long-log-writer", path, durability, `${worker}`, 0, "until-long");
    await writer.line("long");

    await expect.poll(() => log(path).rest).toBe(0);
    expect(log(path).length).toBeGreaterThan(4_000);
    expect(log(path).length).toBeLessThan(COPIED_WHILE_WRITING);
    writer.send("end");

    const { code, errors } = await writer.ended;
    expect(withoutWarnings(errors)).toBe("");
    expect(code).toBe(0);
  });
});

describe.each([
  { engine: "better-sqlite3", worker: false, durability: "full", rounds: 6 },
  { engine: "better-sqlite3", worker: false, durability: "normal", rounds: 4 },
  { engine: "better-sqlite3", worker: true, durability: "full", rounds: 4 },
  { engine: "node-sqlite", worker: false, durability: "full", rounds: 4 },
] as const)(
  "a writer with a long log, killed at any moment: $engine, $durability, worker $worker",
  ({ engine, worker, durability, rounds }) => {
    test("loses nothing that was acknowledged", async () => {
      const random = createRandom(`long logs, ${engine}, ${durability}, worker ${worker}`);
      const path = temporaryPath();
      const acknowledged = new Set<string>();
      for (let run = 0; run < rounds; run++) {
        const writer = startScriptOn(engine, "long-log-writer", path, durability, `${worker}`, run, "for-ever");
        const last = 15 + random.below(45);
        const pause = random.below(30);
        writer.onLine((line) => {
          const [what, batch] = line.split(" ");
          if (what === "acknowledged") acknowledged.add(`${run}/${batch}`);
          if (line === `acknowledged ${last}`) setTimeout(() => writer.kill(), pause);
        });
        expect(withoutWarnings((await writer.ended).errors)).toBe("");
      }

      expect(integrityOf(path)).toBe("ok");
      const found = await batchesIn(path);
      expect([...acknowledged].filter((batch) => found.get(batch) !== LONG_LOG_BATCH)).toEqual([]);
      expect([...found.values()].filter((events) => events !== LONG_LOG_BATCH)).toEqual([]);
    });
  },
);

test.each([
  { worker: false, copied: false },
  { worker: false, copied: true },
  { worker: true, copied: false },
  { worker: true, copied: true },
])("closing leaves no log: worker $worker, the log was copied before: $copied", async ({ worker, copied }) => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path, worker }));
  let batches = 0;
  let longest = 0;
  for (; longest < 4_500; batches++) {
    await store.append(longLogBatch(0, batches));
    longest = Math.max(longest, log(path).length);
    // The thread may have copied it before.
    if (log(path).length < longest) break;
  }
  if (copied) await expect.poll(() => log(path).rest).toBeLessThan(400);
  await store.append(longLogBatch(0, batches++));
  await store.close();

  expect(existsSync(`${path}-wal`)).toBe(false);
  expect([...(await batchesIn(path)).values()]).toEqual(Array.from({ length: batches }, () => LONG_LOG_BATCH));
});

test("a read of a moment lets the log grow, and it is copied after it", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await store.append(longLogBatch(0, 0));
  const reader = new Database(path);
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM events").get();
  for (let batch = 1; log(path).length < 5_000; batch++) await store.append(longLogBatch(0, batch));
  expect(log(path).rest).toBeGreaterThan(4_000);
  reader.close();

  await store.append(longLogBatch(1, 0));
  await expect.poll(() => log(path).rest).toBe(0);
});

/** As SQLite counts it, in pages: the log, and how much of it is not in the file yet. */
function log(path: string): { length: number; rest: number } {
  const database = new Database(path);
  try {
    const [counts] = database.pragma("wal_checkpoint(NOOP)") as {
      readonly log: number;
      readonly checkpointed: number;
    }[];
    const { log: length, checkpointed } = counts as { log: number; checkpointed: number };
    return { length, rest: length - checkpointed };
  } finally {
    database.close();
  }
}

function integrityOf(path: string): unknown {
  const database = new Database(path);
  try {
    return database.pragma("integrity_check", { simple: true });
  } finally {
    database.close();
  }
}

/** How many events of each batch are stored. */
async function batchesIn(path: string): Promise<ReadonlyMap<string, number>> {
  await using store = await openEventStore(betterSqlite3({ path }));
  const found = new Map<string, number>();
  for await (const { data } of store.read()) {
    const { run, batch } = data as { readonly run: number; readonly batch: number };
    found.set(`${run}/${batch}`, (found.get(`${run}/${batch}`) ?? 0) + 1);
  }
  return found;
}
