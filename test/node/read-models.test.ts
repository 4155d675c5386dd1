import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript, type Child } from "../support/child.ts";
import { computeDistances, flightModel, importFlights, type Distance } from "../support/flight-model.ts";
import { loadFlights } from "../support/flights.ts";

const KILLS = 4;

const folder = mkdtempSync(join(tmpdir(), "rivulet-"));
const path = join(folder, "flights.db");
let expected: readonly Distance[];
let schema = 0;

beforeAll(async () => {
  const flights = loadFlights();
  expected = computeDistances(flights);
  await using store = await openStore();
  await importFlights(store, flights);
});

afterAll(() => rmSync(folder, { recursive: true }));

test("a read model of 200,000 flights whose process is killed repeatedly equals the direct computation", async () => {
  const { everything, definition } = flightModel(++schema);

  const stood = await killOverAndOver("building", (round) => startFeeder(round % 2 === 0));

  // Each continued where the one before it was killed.
  expect(stood.every((at, index) => index === 0 || at > (index * 200_000) / (KILLS + 1))).toBe(true);
  expect((await startFeeder(false).ended).lines.at(-1)).toBe("done 200000");
  await using store = await openStore();
  const model = await store.readModel(definition);
  expect(model.position).toBe(200_000);
  expect(await model.query<Distance>(everything)).toEqual(expected);
});

test("a rebuild that is killed repeatedly continues where it was, and the old tables can be queried meanwhile", async () => {
  const { everything, definition } = flightModel(++schema);
  await using store = await openStore();
  const model = await store.readModel(definition);
  expect(await model.query<Distance>(everything)).toEqual(expected);

  const stood = await killOverAndOver(
    "rebuilding",
    (round) => startFeeder(round % 2 === 0, "rebuild"),
    async () => {
      expect(await model.query<Distance>(everything)).toEqual(expected);
    },
  );

  expect(stood.every((at, index) => index === 0 || at > (index * 200_000) / (KILLS + 1))).toBe(true);
  const { lines } = await startFeeder(false, "rebuild").ended;
  expect(lines.slice(-2)).toEqual(["caught-up 200000", "done 200000"]);
  expect(Number(lines.find((line) => line.startsWith("rebuilding "))?.slice(11))).toBeGreaterThan(
    (KILLS * 200_000) / (KILLS + 1),
  );
  expect(await model.query<Distance>(everything)).toEqual(expected);
  expect(await model.caughtUp()).toBe(200_000);
});

test("two processes that update the same read model, one in a worker, apply every event once", async () => {
  const { everything, definition } = flightModel(++schema);

  const feeders = [startFeeder(true), startFeeder(false)];
  for (const feeder of feeders) expect((await feeder.ended).lines.at(-1)).toBe("done 200000");

  await using store = await openStore();
  expect(await (await store.readModel(definition)).query<Distance>(everything)).toEqual(expected);
});

test("schema 2 is built, though its process is killed repeatedly, while queries on schema 1 succeed", async () => {
  const old = flightModel(++schema);
  const next = flightModel(++schema);
  await using store = await openStore();
  const serving = await store.readModel(old.definition);
  await serving.caughtUp();

  const stood = await killOverAndOver(
    "building",
    () => startFeeder(false),
    async () => {
      expect(await serving.query<Distance>(old.everything)).toEqual(expected);
    },
  );

  expect(stood).toHaveLength(KILLS);
  const built = await store.readModel(next.definition);
  expect(await built.query<Distance>(next.everything)).toEqual(expected);
  expect(await serving.query<Distance>(old.everything)).toEqual(expected);
  await built.rebuild();
  expect(await built.query<Distance>(next.everything)).toEqual(expected);
});

function startFeeder(worker: boolean, ...then: readonly string[]): Child {
  return startScript("model-feeder", path, schema, String(worker), ...then);
}

/**
 * Kills processes one after the other, each further into a phase, and runs a query meanwhile. Resolves with the
 * position at which each one began.
 */
async function killOverAndOver(
  phase: string,
  start: (round: number) => Child,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<number[]> {
  const stood: number[] = [];
  for (let round = 1; round <= KILLS; round++) {
    const feeder = start(round);
    const until = (round * 200_000) / (KILLS + 1);
    const begun = new Promise<number>((resolve) => {
      let first: number | undefined;
      feeder.onLine((line) => {
        const [now, at] = line.split(" ");
        if (now !== phase) return;
        first ??= Number(at);
        if (Number(at) < until) return;
        feeder.kill();
        resolve(first);
      });
    });
    await meanwhile();
    stood.push(await begun);
    expect((await feeder.ended).signal).toBe("SIGKILL");
    await meanwhile();
  }
  return stood;
}

function openStore(): Promise<EventStore> {
  return openEventStore(betterSqlite3({ path, durability: "normal" }));
}
