import { openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { startScript, startScriptOn, type Child } from "../support/child.ts";
import { temporaryPath } from "../support/temporary.ts";

type Work = "any" | "expecting" | "same" | "come-and-go";

const NAMES = ["a", "b", "c", "d"];

test.each([
  { processes: 2, worker: false },
  { processes: 2, worker: true },
  { processes: 4, worker: false },
])(
  "$processes processes that append at once lose nothing and never find the file busy, worker $worker",
  async (given) => {
    const { processes, worker } = given;
    const path = temporaryPath();
    const writers = await startWriters(path, "any", processes, 120, worker);

    await open(writers);
    const results = await work<{ positions: number[] }>(writers);

    await using store = await openEventStore(betterSqlite3({ path }));
    const events = await readDense(store);
    expect(events).toHaveLength(processes * 120);
    const acknowledged = results.flatMap(({ positions }) => positions).sort((a, b) => a - b);
    expect(acknowledged).toEqual(events.map(({ position }) => position));
    for (const name of NAMES.slice(0, processes)) {
      const counts = events.map(({ data }) => data as { by: string; count: number }).filter(({ by }) => by === name);
      // The appends of one handle commit in the order of the calls.
      expect(counts.map(({ count }) => count)).toEqual(Array.from({ length: 120 }, (_, index) => index));
    }
  },
);

test("processes of several runtimes that append to one file at once lose nothing and watch each other", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  const seen = take(store.watch(), 4 * 80);
  const engines = ["better-sqlite3", "node-sqlite", "node-sqlite in Deno", "node-sqlite in Bun"] as const;
  const writers = engines.map((engine, index) =>
    startScriptOn(engine, "process-writer", path, NAMES[index] as string, "any", 80, `${index > 1}`),
  );
  await Promise.all(writers.map((writer) => writer.line("ready")));

  await open(writers);
  const results = await work<{ positions: number[] }>(writers);

  const events = await readDense(store);
  expect(results.flatMap(({ positions }) => positions).sort((a, b) => a - b)).toEqual(
    events.map(({ position }) => position),
  );
  expect(await seen).toEqual(events);
  expect(events).toHaveLength(4 * 80);
});

test.each([2, 4])("%i processes that count on one stream retry with the events of the conflict", async (processes) => {
  const path = temporaryPath();
  const writers = await startWriters(path, "expecting", processes, 30);

  await open(writers);
  const results = await work<{ conflicts: number }>(writers);

  await using store = await openEventStore(betterSqlite3({ path }));
  const events = await store.stream("counter").read().toArray();
  // Each command saw all events before its own: its count equals the version.
  expect(events.map(({ data }) => (data as { count: number }).count)).toEqual(
    Array.from({ length: processes * 30 }, (_, index) => index + 1),
  );
  // Without conflicts there was no race, and nothing was tested.
  expect(results.reduce((sum, { conflicts }) => sum + conflicts, 0)).toBeGreaterThan(0);
});

test("a version read from another process's append is accepted as the expected version", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await using other = await openEventStore(betterSqlite3({ path }));
  const [here, there] = [store.stream("counter"), other.stream("counter")];
  await here.append({ type: "counted" });
  await there.append([{ type: "counted" }, { type: "counted" }]);

  const result = await here.append({ type: "counted" }, { expectedVersion: await here.version() });

  expect(result).toMatchObject({ version: 4, position: 4 });
});

test("events that several processes append with the same ids are stored once", async () => {
  const path = temporaryPath();
  const writers = await startWriters(path, "same", 4, 200);

  await open(writers);
  const results = await work<{ deduplicated: number }>(writers);

  await using store = await openEventStore(betterSqlite3({ path }));
  const events = await readDense(store);
  expect(events.map(({ id }) => id).sort()).toEqual(Array.from({ length: 200 }, (_, n) => `message-${n}`).sort());
  expect(results.reduce((sum, { deduplicated }) => sum + deduplicated, 0)).toBe(3 * 200);
});

test("a watcher sees the events of other processes once, in order, as they come", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  const writers = await startWriters(path, "any", 2, 150);
  await open(writers);
  const watcher = store.watch();
  const ownWatcher = store.stream("own-b").watch();
  const seen = take(watcher, 300);
  const seenOfOne = take(ownWatcher, 75);

  await work(writers);

  expect(await seen).toEqual(await store.read().toArray());
  expect(await seenOfOne).toEqual(await store.stream("own-b").read().toArray());
  expect((await seen).map(({ position }) => position)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
});

test("processes that open a file for the first time at the same moment all succeed", async () => {
  for (let round = 0; round < 5; round++) {
    const path = temporaryPath();
    const writers = await startWriters(path, "any", 4, 1);

    await open(writers);
    await work(writers);

    await using store = await openEventStore(betterSqlite3({ path }));
    expect(await readDense(store)).toHaveLength(4);
  }
});

test("processes that come and go disturb neither each other nor one that stays", async () => {
  const path = temporaryPath();
  const visitors = await startWriters(path, "come-and-go", 3, 15);
  for (const visitor of visitors) visitor.send("open");
  const results = visitors.map((visitor) => finish(visitor));
  let visiting = true;
  const allGone = Promise.all(results).finally(() => (visiting = false));

  let own = 0;
  while (visiting) {
    // This process ends too, so that sometimes the last one to close the file removes the log.
    await using store = await openEventStore(betterSqlite3({ path }));
    await store.stream("own").append({ type: "stayed", data: own++ });
  }
  await allGone;

  await using store = await openEventStore(betterSqlite3({ path }));
  expect(await readDense(store)).toHaveLength(3 * 15 + own);
});

async function startWriters(
  path: string,
  kind: Work,
  processes: number,
  times: number,
  worker = false,
): Promise<Child[]> {
  const writers = NAMES.slice(0, processes).map((name) =>
    startScript("process-writer", path, name, kind, times, `${worker}`),
  );
  await Promise.all(writers.map((writer) => writer.line("ready")));
  return writers;
}

async function open(writers: readonly Child[]): Promise<void> {
  for (const writer of writers) writer.send("open");
  await Promise.all(writers.map((writer) => writer.line("opened")));
}

/** Starts all of them at once. Resolves with their results, or rejects with the error of one that failed. */
function work<Result>(writers: readonly Child[]): Promise<Result[]> {
  for (const writer of writers) writer.send("go");
  return Promise.all(writers.map((writer) => finish<Result>(writer)));
}

async function finish<Result>(writer: Child): Promise<Result> {
  const done = await writer.line("done ");
  expect(await writer.ended).toMatchObject({ code: 0, errors: "" });
  return JSON.parse(done.slice("done ".length)) as Result;
}

async function take(watcher: AsyncIterable<StoredEvent>, count: number): Promise<StoredEvent[]> {
  const taken: StoredEvent[] = [];
  for await (const event of watcher) if (taken.push(event) === count) break;
  return taken;
}

async function readDense(store: EventStore): Promise<StoredEvent[]> {
  const events = await store.read().toArray();
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  for await (const { name, version } of store.streams()) {
    const versions = events.filter(({ stream }) => stream === name).map((event) => event.version);
    expect(versions).toEqual(Array.from({ length: version }, (_, index) => index + 1));
  }
  return events;
}
