import { openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { sqlText, tamper } from "../support/damage.ts";
import { temporaryPath } from "../support/temporary.ts";

const EVENTS = 7;
const DAMAGED = 4;

const setData = (data: string): string => `UPDATE events SET data = ${sqlText(data)} WHERE position = ${DAMAGED}`;
const setMetadata = (text: string): string =>
  `UPDATE events SET metadata = ${sqlText(text)} WHERE position = ${DAMAGED}`;
const setOnlyMetadata = (text: string): string =>
  `UPDATE events SET data = NULL, metadata = ${sqlText(text)} WHERE position = ${DAMAGED}`;

const UNREADABLE: readonly (readonly [string, string])[] = [
  ["data that is not JSON", setData("oops")],
  ["data cut short", setData('{"n":')],
  ["empty data", setData("")],
  ["data that splits into two values", setData("1,2")],
  ["data that splits into two rows", setData("1],[2")],
  ["data that brings a whole second row", setData(`1],[5,"a",5,"tx","happened",1,0,null,2`)],
  ["metadata that is not JSON", setMetadata("oops")],
  ["metadata that is no object", setMetadata("[1]")],
  ["metadata that splits into two values", setMetadata("{},{}")],
  ["metadata that splits into metadata and data, of an event without data", setOnlyMetadata("null,1")],
  ["metadata that splits into two objects, of an event without data", setOnlyMetadata('{"a":1},{"n":4}')],
  [
    "metadata that brings a whole second row, of an event without data",
    setOnlyMetadata(`{}],[5,"a",5,"tx","odd",1,0,{}`),
  ],
  ["a type whose name is gone", "DELETE FROM types WHERE name = 'odd'"],
];

type Reading = (store: EventStore) => AsyncIterable<StoredEvent>;

const IN_STREAM = "a";
const OVER_ALL: readonly (readonly [string, Reading])[] = [
  ["a read", (store) => store.read()],
  ["a read in bounds", (store) => store.read({ after: 0, upTo: DAMAGED })],
  ["a watch", (store) => store.watch()],
];
const OF_STREAM: readonly (readonly [string, Reading])[] = [
  ["a stream's read", (store) => store.stream(IN_STREAM).read()],
  ["a stream's watch", (store) => store.stream(IN_STREAM).watch()],
];
const FILTERED: readonly (readonly [string, Reading])[] = [
  ["a read of some streams", (store) => store.read({ streams: [IN_STREAM, "b"] })],
  ["a read by prefix", (store) => store.read({ streamPrefix: IN_STREAM })],
  ["a watch by prefix", (store) => store.watch({ streamPrefix: IN_STREAM })],
];
const BACKWARD: readonly (readonly [string, Reading])[] = [
  ["a read", (store) => store.read({ direction: "backward" })],
  ["a read in bounds", (store) => store.read({ direction: "backward", after: DAMAGED - 1 })],
  ["a stream's read", (store) => store.stream(IN_STREAM).read({ direction: "backward" })],
];

describe.each(UNREADABLE)("%s is an error with its position, after the events before it", (_, damage) => {
  test.each([...OVER_ALL, ...OF_STREAM, ...FILTERED])("in %s", async (_name, reading) => {
    const { positions, error } = await readDamaged(damage, reading);
    expect(error).toMatchObject({ code: "storage-corrupt", details: { position: DAMAGED } });
    expect(positions).toEqual([1, 2, 3]);
  });

  test.each(BACKWARD)("in %s backward", async (_name, reading) => {
    const { positions, error } = await readDamaged(damage, reading);
    expect(error).toMatchObject({ code: "storage-corrupt", details: { position: DAMAGED } });
    expect(positions).toEqual([7, 6, 5]);
  });
});

describe("a deleted row is an error, after the events before it", () => {
  const damage = `DELETE FROM events WHERE position = ${DAMAGED}`;

  test.each(OVER_ALL)("in %s, which tells the position", async (_name, reading) => {
    const { positions, error } = await readDamaged(damage, reading);
    expect(error).toMatchObject({ code: "storage-corrupt", details: { position: DAMAGED } });
    expect(positions).toEqual([1, 2, 3]);
  });

  test.each(OF_STREAM)("in %s, which tells the version", async (_name, reading) => {
    const { positions, error } = await readDamaged(damage, reading);
    expect(error).toMatchObject({ code: "storage-corrupt", message: expect.stringContaining(`version ${DAMAGED} of`) });
    expect(positions).toEqual([1, 2, 3]);
  });

  test.each(BACKWARD)("in %s backward", async (_name, reading) => {
    const { positions, error } = await readDamaged(damage, reading);
    expect(error).toMatchObject({ code: "storage-corrupt", message: expect.stringContaining(String(DAMAGED)) });
    expect(positions).toEqual([7, 6, 5]);
  });
});

test("a deleted first event is an error in a read backward too, over everything and in its stream", async () => {
  const damage = "DELETE FROM events WHERE position = 1";
  for (const reading of [BACKWARD[0], BACKWARD[2]]) {
    const { positions, error } = await readDamaged(damage, (reading as readonly [string, Reading])[1]);
    expect(positions).toEqual([7, 6, 5, 4, 3, 2]);
    expect(error).toMatchObject({ code: "storage-corrupt", message: expect.stringContaining("1") });
  }
});

test("an event whose stream has lost its name is an error with its position, not left out", async () => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  await store.append([
    { stream: "a", events: [{ type: "happened" }, { type: "happened" }] },
    { stream: "b", events: { type: "happened", metadata: { by: "x" } } },
    { stream: "a", events: { type: "happened" } },
  ]);
  tamper(path, "DELETE FROM streams WHERE name = 'b'");

  const readings: readonly [readonly number[], AsyncIterable<StoredEvent>][] = [
    [[1, 2], store.read()],
    [[1, 2], store.watch()],
    [[1, 2], store.read({ types: ["happened"] })],
    [[], store.read({ metadata: { by: "x" } })],
    [[4], store.read({ direction: "backward" })],
  ];
  for (const [expected, reading] of readings) {
    const { positions, error } = await collect(reading);
    expect(positions).toEqual(expected);
    expect(error).toMatchObject({ code: "storage-corrupt", details: { position: 3 } });
  }
  expect(await collect(store.stream("a").read())).toEqual({ positions: [1, 2, 4], error: undefined });
  await store.close();
});

test("a damaged row far behind the first page is an error, after all events before it", async () => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  await store.stream("a").append(Array.from({ length: 900 }, (_, n) => ({ type: "happened", data: n })));
  tamper(path, "UPDATE events SET data = 'oops' WHERE position = 700; DELETE FROM events WHERE position = 400");

  const forward = await collect(store.read());
  const between = await collect(store.read({ after: 400 }));
  const backward = await collect(store.stream("a").read({ direction: "backward" }));

  expect(forward.positions).toEqual(Array.from({ length: 399 }, (_, n) => n + 1));
  expect(forward.error).toMatchObject({ details: { position: 400 } });
  expect(between.positions).toEqual(Array.from({ length: 299 }, (_, n) => n + 401));
  expect(between.error).toMatchObject({ details: { position: 700 } });
  expect(backward.positions).toEqual(Array.from({ length: 200 }, (_, n) => 900 - n));
  expect(backward.error).toMatchObject({ details: { position: 700 } });
  await store.close();
});

const COLUMNS = "(position, stream, version, id, type, type_version, data, metadata, timestamp)";

test("a watcher that has caught up gets the new sound events, then the error", async () => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  await store.stream("a").append({ type: "happened" });
  let caughtUp: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (caughtUp = resolve));
  const whole = collect(store.watch({ onCaughtUp: () => caughtUp() }));
  await waiting;

  tamper(
    path,
    `INSERT INTO events ${COLUMNS} SELECT 2, stream, 2, 'x', type, 1, '"good"', NULL, timestamp FROM events WHERE position = 1;
     INSERT INTO events ${COLUMNS} SELECT 3, stream, 3, 'y', type, 1, 'bad', NULL, timestamp FROM events WHERE position = 1`,
  );

  const { positions, error } = await whole;
  expect(positions).toEqual([1, 2]);
  expect(error).toMatchObject({ code: "storage-corrupt", details: { position: 3 } });
  await store.close();
});

test("an append that reads a damaged event reports it and writes nothing, and other appends of the batch succeed", async () => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  const stream = store.stream("a");
  await stream.append({ id: "first", type: "happened", data: 1 });
  tamper(path, "UPDATE events SET data = 'oops'");

  const [known, beside, conflict] = await Promise.allSettled([
    stream.append([{ id: "first", type: "happened", data: 1 }, { type: "happened" }]),
    store.stream("b").append({ type: "happened" }),
    stream.append({ type: "happened" }, { expectedVersion: 0 }),
  ]);

  const corrupt = { code: "storage-corrupt", details: { position: 1 } };
  expect(known).toMatchObject({ status: "rejected", reason: corrupt });
  expect(beside).toMatchObject({ status: "fulfilled", value: { position: 2 } });
  expect(conflict).toMatchObject({ status: "rejected", reason: corrupt });
  expect(await stream.version()).toBe(1);
  await store.close();
});

test("a damaged snapshot is an error", async () => {
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path }));
  const stream = store.stream("a");
  await stream.append({ type: "happened" });
  await stream.saveSnapshot({ projection: "sum", version: 1, state: 1 });
  tamper(path, "UPDATE snapshots SET state = 'oops'");

  await expect(stream.loadSnapshot("sum")).rejects.toMatchObject({ code: "storage-corrupt" });
  await store.close();
});

/** Damages one of seven events of a stream while the store is closed, and returns the events and the error of a read. */
async function readDamaged(damage: string, reading: Reading): Promise<Reached> {
  const path = temporaryPath();
  const whole = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const events = Array.from({ length: EVENTS }, (_, index) => ({
    type: index + 1 === DAMAGED ? "odd" : "happened",
    data: { n: index + 1 },
  }));
  await whole.stream(IN_STREAM).append(events);
  await whole.close();
  tamper(path, damage);

  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const reached = await collect(reading(store));
  await store.close();
  return reached;
}

interface Reached {
  readonly positions: readonly number[];
  readonly error: unknown;
}

async function collect(events: AsyncIterable<StoredEvent>): Promise<Reached> {
  const positions: number[] = [];
  try {
    for await (const { position } of events) positions.push(position);
    return { positions, error: undefined };
  } catch (error) {
    return { positions, error };
  }
}
