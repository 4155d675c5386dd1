import { memory, openEventStore, type Adapter, type StoredEvent } from "rivulet";
import type { EventStorage, SnapshotRecord } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";
import { postgres } from "rivulet/postgres";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createSteps } from "../../demo/counter/append-many.ts";
import { counterDecider, SNAPSHOT_EVERY } from "../../demo/counter/counter-decider.ts";
import { NO_COUNTER, next, type Counter } from "../../demo/counter/counter.ts";
import { EVENT_TYPES, type CounterEvent } from "../../demo/counter/events.ts";
import { openCounterService } from "../../demo/counter/open-service.ts";
import type { CounterService, Progress } from "../../demo/counter/service.ts";
import { startDemoServiceWith, type DemoService } from "../support/demo-page.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";

const TAB = "Otter";
const LAPS = "counter-laps";

describe("over better-sqlite3", () => describeCounters(betterSqlite3));

describe.skipIf(mayBeLeftOut())("over PostgreSQL", () => {
  const server = usePostgres();
  let count = 0;

  describeCounters(() => postgres({ connectionString: server().connectionString, schema: `counters_${++count}` }));

  test("the service keeps its counters there with --postgres, and has them when it is started again", async () => {
    const options = ["--port", "0", "--postgres", server().connectionString];
    const first = await startDemoServiceWith(...options);
    await call(first, "run", { command: { type: "open", label: "Kept" }, tab: TAB });
    await call(first, "run", { command: { type: "add", stream: "counter-kept", by: 3 }, tab: TAB });
    await first.stop();

    const again = await startDemoServiceWith(...options);
    onTestFinished(() => again.stop());

    expect(await call(again, "counters-at", { position: 100 })).toMatchObject({ "counter-kept": { value: 3 } });
    expect(await call(again, "facts", {})).toMatchObject({ adapter: "postgres", backend: "postgres" });
  });
});

test("the first command after an import without snapshots, and after a random walk, reads none of their events", async () => {
  const source = await openEventStore(memory());
  onTestFinished(() => source.close());
  const laps = source.stream<CounterEvent>(LAPS);
  await laps.append({ type: "opened", data: { label: "Laps" } });
  for (const events of createSteps(3_000, { tab: TAB })) await laps.append(events);
  const { storage } = await betterSqlite3().open();
  const read: number[] = [];
  const counted: EventStorage = {
    ...storage,
    readPage(query) {
      if (query.stream === LAPS) read.push(query.after);
      return storage.readPage(query);
    },
  };
  const store = await openEventStore({ name: "counted", open: async () => ({ storage: counted, verbs: {} }) });
  await store.importEvents(ndjson, source.exportEvents(ndjson));
  const service = await openCounterService(store);
  onTestFinished(() => service.close());
  const readByAdding = async (): Promise<number> => {
    read.length = 0;
    await service.run({ type: "add", stream: LAPS, by: 1 }, TAB);
    return Math.min(...read);
  };

  expect(await readByAdding()).toBe(3_001);
  await service.appendMany(LAPS, 1_500, { tab: TAB });
  expect(await readByAdding()).toBe(4_502);

  const saved = await store.stream<CounterEvent>(LAPS).loadSnapshot(counterDecider);
  expect(saved?.version).toBe(4_502);
  const events = await store.stream<CounterEvent>(LAPS).read({ upTo: 4_502 }).toArray();
  expect(saved?.state).toEqual(events.reduce(next, NO_COUNTER));
});

test("counters with a snapshot that cannot be read open, and one that can be read takes its place", async () => {
  const { storage } = await betterSqlite3().open();
  const store = await openEventStore({ name: "damaged", open: async () => ({ storage, verbs: {} }) });
  const laps = store.stream<CounterEvent>(LAPS);
  await laps.append({ type: "opened", data: { label: "Laps" } });
  for (const events of createSteps(1_500, { tab: TAB })) await laps.append(events);
  await laps.saveSnapshot({ projection: counterDecider, version: 1_400, state: NO_COUNTER });
  const saved = await storage.loadSnapshot({ stream: LAPS, projection: "decider/counter", schema: 5, upTo: 1_400 });
  await storage.saveSnapshot({ ...(saved as SnapshotRecord), state: "{" });
  await expect(laps.loadSnapshot(counterDecider)).rejects.toMatchObject({ code: "storage-corrupt" });

  const service = await openCounterService(store);
  onTestFinished(() => service.close());
  await service.run({ type: "add", stream: LAPS, by: 1 }, TAB);

  expect(await laps.loadSnapshot(counterDecider)).toMatchObject({ version: 1_501, state: { version: 1_501 } });
});

test("where no snapshot of a command can be saved, counters open and take a random walk", async () => {
  const { storage } = await betterSqlite3().open();
  const faulty: EventStorage = {
    ...storage,
    saveSnapshot: async (record) => {
      if (record.projection.startsWith("decider/")) throw new TypeError("no place for it");
      await storage.saveSnapshot(record);
    },
  };
  const store = await openEventStore({ name: "faulty", open: async () => ({ storage: faulty, verbs: {} }) });
  const laps = store.stream<CounterEvent>(LAPS);
  await laps.append({ type: "opened", data: { label: "Laps" } });
  for (const events of createSteps(1_500, { tab: TAB })) await laps.append(events);

  const service = await openCounterService(store);
  onTestFinished(() => service.close());
  await service.appendMany(LAPS, 1_500, { tab: TAB });

  expect(service.counters.state[LAPS]?.version).toBe(3_001);
});

test("the events of a random walk that was cancelled are in a snapshot", async () => {
  const store = await openEventStore(betterSqlite3());
  const service = await openCounterService(store);
  onTestFinished(() => service.close());
  await service.run({ type: "open", label: "Laps" }, TAB);
  const cancel = new AbortController();
  const onProgress = ({ done }: Progress): void => {
    if (done === 1_500) cancel.abort(new Error("enough"));
  };

  const walk = service.appendMany(LAPS, 10_000, { tab: TAB }, { signal: cancel.signal, onProgress });

  await expect(walk).rejects.toThrow("enough");
  expect((await store.stream(LAPS).loadSnapshot(counterDecider))?.version).toBe(1_501);
});

async function call({ url }: DemoService, method: string, given: object): Promise<unknown> {
  const response = await fetch(new URL(`api/${method}`, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(given),
  });
  return ((await response.json()) as { readonly result: unknown }).result;
}

/** The behaviour of the counters over empty stores of an adapter. */
function describeCounters(empty: () => Adapter): void {
  let service: CounterService;

  beforeEach(async () => {
    service = await openCounterService(await openEventStore(empty()));
    await service.run({ type: "open", label: "Laps" }, TAB);
  });
  afterEach(() => service.close());

  const add = (by: number): Promise<string> => service.run({ type: "add", stream: LAPS, by }, TAB);
  const open = (label: string): Promise<string> => service.run({ type: "open", label }, TAB);
  const everything = (): Promise<readonly StoredEvent[]> => service.log({ skip: 0, limit: 10_000 });
  async function laps(): Promise<Counter | undefined> {
    const all = await everything();
    return (await service.countersAt(all.length))[LAPS];
  }

  test("a name that no counter can have is refused with what is wrong, and nothing is stored", async () => {
    await open("l\u00e1ps");
    const before = await everything();
    for (const [label, reason] of [
      ["\u202elive", "none that change the direction"],
      ["live\u2066", "none that change the direction"],
      ["a\u0000b", "no control characters"],
      ["a\u001bb", "no control characters"],
      ["half of a pair \ud800", "no control characters"],
      ["x".repeat(41), "at most 40 characters; this one has 41"],
      ["x".repeat(300), "at most 40 characters; this one has 300"],
      ["?!", "at least one letter or digit"],
      [" lA\u0301PS ", "“l\u00e1ps” already"],
    ] as const) {
      const refusal = { name: "Refusal", message: expect.stringContaining(reason) };
      await expect(open(label), JSON.stringify(label)).rejects.toMatchObject(refusal);
    }
    expect(await everything()).toEqual(before);
  });

  test("any number of undos and redos restore the values before, and no event is changed", async () => {
    for (const by of [3, -5, 8]) await add(by);
    const before = await everything();

    for (const type of ["undo", "undo", "undo", "redo", "undo", "redo", "redo", "redo"] as const) {
      await service.run({ type, stream: LAPS }, TAB);
    }

    expect((await laps())?.value).toBe(6);
    expect((await everything()).slice(0, before.length)).toEqual(before);
    await expect(service.run({ type: "redo", stream: LAPS }, TAB)).rejects.toThrow("There is nothing to redo.");
  });

  test("a removed counter is restored with its value and what could be undone", async () => {
    for (const by of [3, -5]) await add(by);
    const before = await laps();
    const restore = (): Promise<string> => service.run({ type: "restore", stream: LAPS }, TAB);
    await expect(restore()).rejects.toThrow("This counter is there already.");

    await service.run({ type: "remove", stream: LAPS }, TAB);
    await expect(add(1)).rejects.toThrow("This counter was removed");
    await restore();

    const { version = 0, turns: _turns, ...rest } = before ?? {};
    expect(await laps()).toMatchObject({ ...rest, version: version + 2 });
    expect((await everything()).slice(-2).map(({ type }) => type)).toEqual(["removed", "restored"]);
    await expect
      .poll(() => service.ranking.state.map(({ label, events }) => [label, events]))
      .toContainEqual(["Laps", 5]);
  });

  test("however many events a counter has, a command reads few: those after a snapshot that is never far behind", async () => {
    await service.appendMany(LAPS, 1_000, { tab: TAB });
    const distances: number[] = [];
    for (let press = 0; press < 120; press += 1) {
      await add(1);
      const { events, snapshots } = await service.facts();
      // The first counter has one event.
      distances.push(events - 1 - (snapshots.find(({ stream }) => stream === LAPS)?.version ?? 0));
    }
    expect(Math.max(...distances)).toBeLessThanOrEqual(SNAPSHOT_EVERY + 1);
  });

  test("a new step after an undo leaves nothing to redo", async () => {
    await add(1);
    await service.run({ type: "undo", stream: LAPS }, TAB);
    await add(10);
    expect((await laps())?.redo).toEqual([]);
    await expect(service.run({ type: "redo", stream: LAPS }, TAB)).rejects.toThrow("There is nothing to redo.");
  });

  test("concurrent commands on one counter are each decided on the present state", async () => {
    await add(1);
    await Promise.all([add(2), service.run({ type: "undo", stream: LAPS }, TAB), add(4), add(-1)]);
    const folded = (await everything())
      .filter(({ stream }) => stream === LAPS)
      .reduce((counter, event) => next(counter, event as StoredEvent<CounterEvent>), NO_COUNTER);
    expect(await laps()).toEqual(folded);
  });

  test("every page of the log under every filter equals the filtered whole", async () => {
    await service.run({ type: "open", label: "Birds" }, TAB);
    await service.appendMany("counter-birds", 700, { tab: TAB });
    for (const by of [1, -1, 2]) await add(by);
    await service.run({ type: "undo", stream: LAPS }, TAB);
    const all = await everything();
    // Filters ask the read model, which follows the events.
    await expect.poll(() => service.logSize({ type: "undone" })).toBe(1);
    for (const stream of [undefined, LAPS, "counter-birds", "counter-none"]) {
      for (const type of [undefined, ...EVENT_TYPES]) {
        for (const upTo of [undefined, 0, 100, 701]) {
          const fits = all.filter(
            (event) =>
              (stream === undefined || event.stream === stream) &&
              (type === undefined || event.type === type) &&
              event.position <= (upTo ?? Infinity),
          );
          expect(await service.logSize({ stream, type, upTo })).toBe(fits.length);
          for (const skip of [0, 1, 99, Math.max(0, fits.length - 1), fits.length]) {
            expect(await service.log({ stream, type, upTo, skip, limit: 50 })).toEqual(fits.slice(skip, skip + 50));
          }
        }
      }
    }
  });

  test("a series of many events has few points, the right end, and the full range", async () => {
    await service.appendMany(LAPS, 5_000, { tab: TAB });
    let value = 0;
    const values: number[] = [];
    for (const event of await everything()) {
      if (event.stream !== LAPS) continue;
      value = event.type === "opened" ? 0 : next({ ...NO_COUNTER, value }, event).value;
      values.push(value);
    }
    const now = await laps();
    await service.rebuild();

    const points = await service.series(LAPS);

    expect(points.length).toBeLessThanOrEqual(600);
    expect(points.length).toBeGreaterThan(300);
    expect(points.at(-1)?.value).toBe(now?.value);
    expect(Math.min(...points.map(({ low }) => low))).toBe(Math.min(...values));
    expect(Math.max(...points.map(({ high }) => high))).toBe(Math.max(...values));
  });

  test("appending many events stops between two batches when it is cancelled", async () => {
    const cancel = new AbortController();
    const told: Progress[] = [];
    const appending = service.appendMany(
      LAPS,
      10_000,
      { tab: TAB },
      {
        signal: cancel.signal,
        onProgress(progress) {
          told.push(progress);
          if (progress.done === 1_000) cancel.abort(new Error("enough"));
        },
      },
    );
    await expect(appending).rejects.toThrow("enough");
    expect(told).toEqual([500, 1_000].map((done) => ({ done, total: 10_000 })));
    expect((await laps())?.version).toBe(1_001);
  });

  test("the loser of a conflict gets exactly the events that it had not seen", async () => {
    await add(5);
    const { expected, actual, unseen, retried } = await service.conflict(LAPS, { tab: TAB });
    expect([expected, actual, retried]).toEqual([2, 3, 4]);
    expect(unseen.map(({ version, data }) => [version, data])).toEqual([[3, { by: 1 }]]);
  });

  test("a conflict is shown while others append, however often they are faster", async () => {
    const many = service.appendMany(LAPS, 1_000, { tab: TAB });
    const conflicts = await Promise.all([1, 2, 3].map(() => service.conflict(LAPS, { tab: TAB })));
    await many;
    for (const { expected, winner, actual, unseen, retried } of conflicts) {
      expect([winner, retried, unseen[0]?.version]).toEqual([expected + 1, actual + 1, winner]);
    }
    expect((await laps())?.version).toBe(1 + 1_000 + 3 * 2);
  });

  test("two stores that are opened at once create the first counter once", async () => {
    const store = await openEventStore(empty());
    const services = await Promise.all([openCounterService(store), openCounterService(store)]);
    expect(await store.head()).toBe(1);
    await Promise.all(services.map((one) => one.close()));
  });

  test("unusable events from elsewhere are ignored by the counters", async () => {
    const store = await openEventStore(empty());
    const odd = [
      { type: "incremented", data: null },
      { type: "decremented", data: { by: "two" } },
      { type: "incremented", data: { by: 2 } },
    ];
    await store.stream("counter-odd").append(odd);
    const other = await openCounterService(store);
    expect(other.counters.state["counter-odd"]).toMatchObject({ label: "odd", value: 2, version: 3 });
    await expect.poll(() => other.ranking.state).toMatchObject([{ label: "odd", value: 2, events: 3 }]);
    await other.close();
  });
}

test("a store reports the size of its database, if it has one", async () => {
  await using store = await openEventStore(betterSqlite3());
  const { size = 0 } = await store.info();
  expect(size).toBeGreaterThan(0);
  await store.stream("large").append({ type: "written", data: "x".repeat(100_000) });
  expect((await store.info()).size).toBeGreaterThan(size + 90_000);
  await using none = await openEventStore(memory());
  expect((await none.info()).size).toBeUndefined();
});
