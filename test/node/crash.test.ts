import Database from "better-sqlite3";
import { openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { startScript, startScriptOn, withoutWarnings } from "../support/child.ts";
import { countInMatrix } from "../support/count-in-matrix.ts";
import { batchOf, type BatchData } from "../support/crash-batches.ts";
import type { EngineName } from "../support/given-engine.ts";
import { createRandom, type Random } from "../support/random.ts";
import { temporaryPath } from "../support/temporary.ts";

/** How the writer keeps its events. */
interface Mode {
  readonly durability: "full" | "normal";
  readonly worker: boolean;
  readonly engine: EngineName;
}

/** The messages of a writer before it was killed. */
interface Said {
  readonly run: number;
  readonly sent: ReadonlySet<number>;
  readonly acknowledged: ReadonlySet<number>;
}

describe.each([
  { durability: "full", worker: false, rounds: 28, engine: "better-sqlite3" },
  { durability: "full", worker: true, rounds: 10, engine: "better-sqlite3" },
  { durability: "normal", worker: false, rounds: 12, engine: "better-sqlite3" },
  { durability: "full", worker: false, rounds: 14, engine: "node-sqlite" },
  { durability: "full", worker: true, rounds: 6, engine: "node-sqlite" },
  { durability: "full", worker: false, rounds: 6, engine: "better-sqlite3 in Node 24" },
  { durability: "full", worker: false, rounds: 6, engine: "node-sqlite in Node 22" },
  { durability: "full", worker: false, rounds: 6, engine: "node-sqlite in Bun" },
  { durability: "full", worker: false, rounds: 8, engine: "node-sqlite in Deno" },
] as const)("a writer killed at any moment: $engine, $durability, worker $worker", (given) => {
  countInMatrix(given.engine, "crashes");

  test("loses nothing that was acknowledged", async () => {
    const { rounds } = given;
    const random = createRandom(`crashes, ${given.engine}, ${given.durability}, worker ${given.worker}`);
    const path = temporaryPath();
    const whole: Said[] = [];
    let fresh: Said[] = [];
    for (let run = 0; run < rounds; run++) {
      // The first writer goes on until it has written enough: without any writes the test would show nothing.
      fresh.push(await writeUntilKilled(path, given, run, random, run === 0 ? rounds : undefined));
      // Sometimes the next writer opens the file as the crash left it, before any reader has cleaned it up.
      if (random.below(3) === 0 && run < rounds - 1) continue;
      await expectNothingLost(path, whole, fresh);
      expectIntact(path);
      whole.push(...fresh);
      fresh = [];
    }
    expect(whole.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)).toBeGreaterThan(rounds);
  });
});

test("a process that is killed while it creates the file leaves a file that opens", async () => {
  const random = createRandom("crashes at the first opening");
  for (let round = 0; round < 6; round++) {
    const path = temporaryPath();
    const writer = startScript("crash-writer", path, "full", "false", 0);
    setTimeout(() => writer.kill(), 60 + random.below(90));
    await writer.ended;

    await using store = await openEventStore(betterSqlite3({ path }));
    await store.append(batchOf(1, 0));

    await expectContiguous(store);
  }
});

async function writeUntilKilled(
  path: string,
  mode: Mode,
  run: number,
  random: Random,
  atLeast?: number,
): Promise<Said> {
  const writer = startScriptOn(mode.engine, "crash-writer", path, mode.durability, `${mode.worker}`, run);
  const sent = new Set<number>();
  const acknowledged = new Set<number>();
  const enough = random.below(40) + (atLeast === undefined ? 0 : atLeast + 1);
  const byCount = random.below(2) === 0 || atLeast !== undefined;
  writer.onLine((line) => {
    const [what, batch] = line.split(" ");
    if (what === "sent") sent.add(Number(batch));
    if (what === "acknowledged") acknowledged.add(Number(batch));
    // By count it is killed between two commits; by the timer, at any moment.
    if (byCount && acknowledged.size >= enough) writer.kill();
    if (!byCount && what === "ready") setTimeout(() => writer.kill(), random.below(40));
  });
  const { signal, errors } = await writer.ended;
  expect(withoutWarnings(errors)).toBe("");
  expect(signal).toBe("SIGKILL");
  return { run, sent, acknowledged };
}

/**
 * `whole`: the messages of earlier writers, whose appends were completed and are all stored. `fresh`: those of the last
 * writer, of which only the acknowledged appends must be stored.
 */
async function expectNothingLost(path: string, whole: readonly Said[], fresh: readonly Said[]): Promise<void> {
  await using store = await openEventStore(betterSqlite3({ path }));
  const found = countBatches(await expectContiguous(store));
  for (const { run, sent } of whole) {
    for (const batch of sent) expect(found.get(`${run}/${batch}`), `${run}/${batch}`).toBe(sizeOf(run, batch));
  }
  for (const { run, sent, acknowledged } of fresh) {
    for (const batch of acknowledged) expect(found.has(`${run}/${batch}`), `acknowledged ${run}/${batch}`).toBe(true);
    for (const batch of sent) await expectRepeatable(store, run, batch, found.get(`${run}/${batch}`) ?? 0);
  }
}

/** Repeated, an append is either found as a whole or written. */
async function expectRepeatable(store: EventStore, run: number, batch: number, found: number): Promise<void> {
  expect([0, sizeOf(run, batch)], `events of ${run}/${batch}`).toContain(found);
  const results = await store.append(batchOf(run, batch));
  expect(results.reduce((sum, { deduplicated }) => sum + deduplicated, 0)).toBe(found);
}

function sizeOf(run: number, batch: number): number {
  return batchOf(run, batch).reduce((sum, { events }) => sum + (events as unknown[]).length, 0);
}

/** Counts the stored events of each append, and checks that each event is stored once. */
function countBatches(events: readonly StoredEvent[]): Map<string, number> {
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const found = new Map<string, number>();
  for (const event of events) {
    const { run, batch } = event.data as BatchData;
    found.set(`${run}/${batch}`, (found.get(`${run}/${batch}`) ?? 0) + 1);
  }
  return found;
}

async function expectContiguous(store: EventStore): Promise<readonly StoredEvent[]> {
  const events = await store.read().toArray();
  const versions = new Map<string, number>();
  let [position, timestamp] = [0, 0];
  for (const event of events) {
    const version = (versions.get(event.stream) ?? 0) + 1;
    position += 1;
    if (event.position !== position || event.version !== version || event.timestamp < timestamp) {
      expect.fail(`after position ${position - 1}, version ${version - 1}: ${JSON.stringify(event)}`);
    }
    versions.set(event.stream, version);
    timestamp = event.timestamp;
  }
  return events;
}

function expectIntact(path: string): void {
  const database = new Database(path);
  try {
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
  } finally {
    database.close();
  }
}
