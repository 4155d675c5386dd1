/** The benchmark's worker: SQLite by hand, and a store in the same thread. Run as a file. */
import { openEventStore, type EventStore } from "rivulet";
// Imported from inside the adapter; messages between a tab and its worker are measured separately.
import { openDatabase } from "../../../dist/adapters/sqlite-wasm/worker/database.js";
import { loadSqlite } from "../../../dist/adapters/sqlite-wasm/worker/sqlite.js";
import { createDefer } from "../../../dist/adapters/sqlite-wasm/worker/defer.js";
import type { Flight } from "../../support/flights.ts";
import { compare, type Comparison } from "../harness.ts";
import { PAYLOADS } from "../payload.ts";
import { answerCalls } from "./calls.ts";
import { openRaw, openRawPool, type RawDatabase } from "./raw.ts";
import { createRawModel, type RawModel } from "./raw-model.ts";
import { sendRows } from "./raw-reads.ts";

const APPENDS = 40;
const BATCHES = 4;

const loading = loadSqlite();
let raw: RawDatabase;
let byDefault: RawDatabase;
let store: EventStore;
let model: RawModel;

const calls = {
  /** Opens the hand-written database in a pool of this name, and fills its log beyond the first checkpoint. */
  async open(name: string): Promise<void> {
    const { sqlite3 } = await loading;
    const pool = await openRawPool(sqlite3, `bench-raw-${name}`);
    raw = openRaw(pool, "/raw.db", "wal");
    byDefault = openRaw(pool, "/default.db", "delete");
    warmUp(raw);
  },
  /** Opens a store in this thread, and fills it as well. */
  async openStore(name: string): Promise<void> {
    const sqlite = await loading;
    const open = async (): ReturnType<Parameters<typeof openEventStore>[0]["open"]> => {
      const { storage, close } = await openDatabase(sqlite, `bench-store-${name}`, { durability: "full" });
      return { storage: { ...storage, close }, defer: createDefer(), verbs: {} };
    };
    store = await openEventStore({ name: "in this worker", open });
    for (let batch = 0; batch < 20; batch++) await appendBatch();
  },
  async compareAppends(): Promise<Comparison[]> {
    const ours = { run: () => appendOneByOne(APPENDS) };
    const name = "one awaited append, in the worker";
    const against = "raw oo1 on a pool of its own, WAL, exclusive, FULL";
    return [
      await compare(name, ours, { run: () => writeOneByOne(raw) }, { against, goal: 0.95, blocks: 60 }),
      await compare(
        name,
        ours,
        { run: () => writeOneByOne(byDefault) },
        { against: "the same with SQLite's default journal" },
      ),
    ];
  },
  compareBatches: (): Promise<Comparison> =>
    compare(
      "batches of 1,000, in the worker",
      { run: () => appendBatches() },
      { run: () => writeBatches() },
      { against: "raw oo1, row by row in one transaction", goal: 1.5 },
    ),
  closeStore: (): Promise<void> => store.close(),
  /** Appends one by one by hand. Resolves with the milliseconds per append. */
  writeOne(count: number): number {
    const started = performance.now();
    for (let index = 0; index < count; index++) raw.write(1);
    return (performance.now() - started) / count;
  },
  writeBatch: (): void => raw.write(1000),
  sendRows: (port: MessagePort, count: number): void => sendRows(raw.database, port, count),
  /** Answers every message on this port with a small message, if requested after an append through the store. */
  echoPort(port: MessagePort, appending: boolean): void {
    port.addEventListener("message", () => void answer(port, appending));
    port.start();
  },
  /** The same on a pair of channels between tabs, one for each direction. */
  echoChannel(name: string, appending: boolean): void {
    const back = new BroadcastChannel(`${name} back`);
    new BroadcastChannel(name).addEventListener("message", () => void answer(back, appending));
  },
  openModel(flights: readonly Flight[]): void {
    model = createRawModel(raw.database, flights);
  },
  resetModel: (): void => model.reset(),
  buildModel: (): number => model.build(),
  modelRows: (): unknown[] => model.rows(),
};

export type BenchCalls = typeof calls;

answerCalls(calls);

async function answer(to: { postMessage(message: unknown): void }, appending: boolean): Promise<void> {
  if (appending) await appendOneByOne(1);
  to.postMessage(0);
}

function warmUp(database: RawDatabase): void {
  for (let batch = 0; batch < 20; batch++) database.write(1000);
}

async function appendBatch(): Promise<void> {
  await store.stream("one").append(PAYLOADS.map((data) => ({ type: "happened", data })));
}

async function appendOneByOne(count: number): Promise<number> {
  const stream = store.stream("one");
  for (let index = 0; index < count; index++) await stream.append({ type: "happened", data: PAYLOADS[index] });
  return count;
}

function writeOneByOne(database: RawDatabase): number {
  for (let index = 0; index < APPENDS; index++) database.write(1);
  return APPENDS;
}

async function appendBatches(): Promise<number> {
  for (let batch = 0; batch < BATCHES; batch++) await appendBatch();
  return BATCHES * 1000;
}

function writeBatches(): number {
  for (let batch = 0; batch < BATCHES; batch++) raw.write(1000);
  return BATCHES * 1000;
}
