import { openEventStore } from "rivulet";
import { expect, test } from "vitest";
import { createRandom, randomFrom, type Random } from "../support/random.ts";
import { createDisk, type Disk } from "../support/power-loss/disk.ts";
import { playHistory, type Findings } from "../support/power-loss/history.ts";
import { loadSqlite, nameInPool, onDisk, type PoolOptions } from "../support/power-loss/sqlite-wasm.ts";

/** The number of disks, and of recoveries of each. */
const HISTORIES = 30;
const RECOVERIES = 10;

const boot = await loadSqlite();

test("with full durability a power loss loses no acknowledged event and damages nothing", async () => {
  const random = createRandom("power loss, full");
  const { recoveries, acknowledged, lost, problems } = await playHistories(random, "full", HISTORIES);

  console.log(`${recoveries} recoveries, ${acknowledged} events acknowledged, ${lost} lost`);
  expect(problems).toEqual([]);
  expect(lost).toBe(0);
  expect(acknowledged).toBeGreaterThan(recoveries);
});

test("with normal durability a power loss may lose the last commits, and damages nothing", async () => {
  const random = createRandom("power loss, normal");
  const { recoveries, acknowledged, lost, problems } = await playHistories(random, "normal", HISTORIES / 2);

  console.log(`${recoveries} recoveries, ${acknowledged} events acknowledged, ${lost} lost`);
  expect(problems).toEqual([]);
  expect(lost).toBeGreaterThan(0);
});

test.each([
  { what: "any file", skips: () => true },
  { what: "the log", skips: (name: string) => name.endsWith("-wal") },
  { what: "the database", skips: (name: string) => name.endsWith(".db") },
])("these histories find out a disk that does not flush $what, and it alone", async ({ what, skips }) => {
  const seeds = createRandom(`power loss, not flushing ${what}`);
  const play = (seed: number, disk: Disk): Promise<Findings> =>
    playHistory({ boot, disk, random: randomFrom(seed), durability: "full", recoveries: RECOVERIES });
  let seed: number;
  let found: Findings;
  let histories = 0;
  do {
    seed = seeds.below(2 ** 31);
    found = await play(
      seed,
      createDisk((file) => !skips(nameInPool(file))),
    );
    histories += 1;
  } while (found.lost + found.problems.length === 0 && histories < HISTORIES);

  console.log(`history ${histories}: ${found.lost} lost; ${found.problems.join("; ")}`);
  expect(found.lost + found.problems.length).toBeGreaterThan(0);
  expect(await play(seed, createDisk())).toMatchObject({ lost: 0, problems: [] });
});

test("a store that loses power at any moment of its first opening opens afterwards", async () => {
  const random = createRandom("power loss, first opening");
  for (let step = 0, cut = true; cut; step += 4) {
    const disk = createDisk();
    disk.cutPowerAt(step);
    const first = openEventStore(onDisk(boot, disk, { durability: "full" }));
    await first.then((store) => store.close()).catch(() => undefined);
    cut = !disk.hasPower;
    disk.restart(random);

    const store = await openEventStore(onDisk(boot, disk, { durability: "full" }));
    await store.stream("s").append({ type: "happened" });
    expect(await store.head()).toBe(1);
    await store.close();
  }
});

test("an awaited append is one flush of the log, and so are twenty appends made at once", async () => {
  const disk = createDisk();
  const store = await openEventStore(onDisk(boot, disk, { durability: "full" }));
  const stream = store.stream("flushed");
  const flushesOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const before = disk.flushes.length;
    await work();
    return disk.flushes.slice(before).map(nameInPool);
  };
  await stream.append({ type: "first" });

  expect(await flushesOf(() => stream.append({ type: "noted" }))).toEqual(["/events.db-wal"]);
  const twenty = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 20 }, () => stream.append({ type: "noted" })));
  expect(await flushesOf(twenty)).toEqual(["/events.db-wal"]);
  await store.close();
});

async function playHistories(
  random: Random,
  durability: PoolOptions["durability"],
  histories: number,
): Promise<Findings> {
  let total: Findings = { recoveries: 0, acknowledged: 0, lost: 0, problems: [] };
  for (let history = 0; history < histories && total.problems.length === 0; history++) {
    const found = await playHistory({ boot, disk: createDisk(), random, durability, recoveries: RECOVERIES });
    total = {
      recoveries: total.recoveries + found.recoveries,
      acknowledged: total.acknowledged + found.acknowledged,
      lost: total.lost + found.lost,
      problems: [...total.problems, ...found.problems],
    };
  }
  return total;
}
