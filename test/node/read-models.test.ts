import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../support/child.ts";
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

test("a read model of 200,000 flights, its feeder killed over and over, equals the direct computation", async () => {
  const { everything, definition } = flightModel(++schema);
  const stood: number[] = [];

  for (let round = 1; round <= KILLS; round++) {
    const feeder = startScript("model-feeder", path, schema, String(round % 2 === 0));
    const until = (round * 200_000) / (KILLS + 1);
    const first = await new Promise<number>((resolve) => {
      let begun: number | undefined;
      feeder.onLine((line) => {
        const at = Number(line.slice(3));
        begun ??= at;
        if (at < until) return;
        feeder.kill();
        resolve(begun);
      });
    });
    const { signal } = await feeder.ended;
    expect(signal).toBe("SIGKILL");
    stood.push(first);
  }
  // Each went on from where the one before it was killed.
  expect(stood.every((at, index) => index === 0 || at > (index * 200_000) / (KILLS + 1))).toBe(true);

  const last = await startScript("model-feeder", path, schema).ended;
  expect(last.lines.at(-1)).toBe("done 200000");
  await using store = await openStore();
  const model = await store.readModel(definition);
  expect(model.position).toBe(200_000);
  expect(await model.query<Distance>(everything)).toEqual(expected);
});

test("two processes that feed the same read model, one of them in a worker, do every event once", async () => {
  const { everything, definition } = flightModel(++schema);

  const feeders = [
    startScript("model-feeder", path, schema, "true"),
    startScript("model-feeder", path, schema, "false"),
  ];
  for (const feeder of feeders) expect((await feeder.ended).lines.at(-1)).toBe("done 200000");

  await using store = await openStore();
  expect(await (await store.readModel(definition)).query<Distance>(everything)).toEqual(expected);
});

test("the old schema answers while the new one is built, and a rebuilt model equals one that was never rebuilt", async () => {
  const [old, next] = [flightModel(1), flightModel(++schema)];
  await using store = await openStore();
  const serving = await store.readModel(old.definition);
  await serving.caughtUp();
  let answers = 0;
  let asking: Promise<unknown> = Promise.resolve();

  const built = await store.readModel(next.definition, {
    onProgress() {
      asking = asking.then(async () => {
        expect(await serving.query<Distance>(old.everything)).toEqual(expected);
        answers += 1;
      });
    },
  });
  await built.caughtUp();
  await asking;
  expect(answers).toBeGreaterThan(10);
  expect(await built.query<Distance>(next.everything)).toEqual(expected);

  await built.rebuild();
  expect(await built.query<Distance>(next.everything)).toEqual(expected);
});

function openStore(): Promise<EventStore> {
  return openEventStore(betterSqlite3({ path, durability: "normal" }));
}
