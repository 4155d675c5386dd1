import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compare } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, type Row } from "./row.ts";

/** The used part of Emmett's SQLite event store. */
interface EmmettStore {
  appendToStream(stream: string, events: readonly { type: string; data: unknown }[]): Promise<unknown>;
  readStream(stream: string): Promise<{ readonly events: readonly unknown[] }>;
}

interface Emmett {
  getSQLiteEventStore(options: { fileName: string; schema: { autoMigration: string } }): EmmettStore;
}

/** The same work in other event stores with their defaults: own driver, schema and pragmas. */
export async function* benchPeers(folder: string): AsyncGenerator<Row> {
  const emmett = await loadEmmett();
  if (emmett === undefined) {
    process.stderr.write("peers are not installed: `npm run bench:peers` does it\n");
    return;
  }
  await using store = await openEventStore(betterSqlite3({ path: join(folder, "rivulet.db") }));
  const peer = emmett.getSQLiteEventStore({
    fileName: join(folder, "emmett.db"),
    schema: { autoMigration: "CreateOrUpdate" },
  });
  const against = "emmett-sqlite 0.38.5";
  let round = 0;
  const rows: readonly [string, (store: EventStore) => Promise<number>, (peer: EmmettStore) => Promise<number>][] = [
    ["one awaited append, FULL", appendOne, appendOneToPeer],
    ["64 concurrent appends, each to a stream of its own", appendConcurrently, appendConcurrentlyToPeer],
    [
      "a batch of 100",
      (ours) => appendBatch(ours, `batch-${round++}`),
      (theirs) => appendBatchToPeer(theirs, `batch-${round++}`),
    ],
    ["reading a stream of 100", readOurs, readPeers],
  ];
  for (const [name, ours, theirs] of rows) {
    yield comparisonRow(await compare(name, { run: () => ours(store) }, { run: () => theirs(peer) }, { against }));
  }
}

async function loadEmmett(): Promise<Emmett | undefined> {
  const peers = createRequire(join(process.cwd(), "test/bench/peers/package.json"));
  try {
    const path = peers.resolve("@event-driven-io/emmett-sqlite");
    return (await import(pathToFileURL(path).href)) as Emmett;
  } catch (error) {
    if ((error as { code?: unknown }).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

const hundred = PAYLOADS.slice(0, 100).map((data) => ({ type: "happened", data }));

async function appendOne(store: EventStore): Promise<number> {
  for (let index = 0; index < 50; index++)
    await store.stream("one").append({ type: "happened", data: PAYLOADS[index] });
  return 50;
}

async function appendOneToPeer(peer: EmmettStore): Promise<number> {
  for (let index = 0; index < 50; index++)
    await peer.appendToStream("one", [{ type: "happened", data: PAYLOADS[index] }]);
  return 50;
}

async function appendConcurrently(store: EventStore): Promise<number> {
  await Promise.all(
    PAYLOADS.slice(0, 64).map((data, index) => store.stream(`own-${index}`).append({ type: "happened", data })),
  );
  return 64;
}

async function appendConcurrentlyToPeer(peer: EmmettStore): Promise<number> {
  // Made at once, some of these end with SQLITE_MISUSE.
  for (const [index, data] of PAYLOADS.slice(0, 64).entries()) {
    await peer.appendToStream(`own-${index}`, [{ type: "happened", data }]);
  }
  return 64;
}

async function appendBatch(store: EventStore, stream: string): Promise<number> {
  await store.stream(stream).append(hundred);
  return hundred.length;
}

async function appendBatchToPeer(peer: EmmettStore, stream: string): Promise<number> {
  await peer.appendToStream(stream, hundred);
  return hundred.length;
}

async function readOurs(store: EventStore): Promise<number> {
  for (let round = 0; round < 20; round++) await store.stream("batch-0").read().toArray();
  return 20;
}

async function readPeers(peer: EmmettStore): Promise<number> {
  for (let round = 0; round < 20; round++) await peer.readStream("batch-1");
  return 20;
}
