import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { servePostgres } from "../support/postgres-server.ts";
import { compare } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, type Row } from "./row.ts";

/** The used part of Emmett's event stores. */
interface EmmettStore {
  appendToStream(stream: string, events: readonly { type: string; data: unknown }[]): Promise<unknown>;
  readStream(stream: string): Promise<{ readonly events: readonly unknown[] }>;
  close?(): Promise<void>;
}

interface Emmett {
  getSQLiteEventStore(options: { fileName: string; schema: { autoMigration: string } }): EmmettStore;
  getPostgreSQLEventStore(connectionString: string): EmmettStore;
}

/** The same work in other event stores with their defaults: own driver, schema and pragmas. */
export async function* benchPeers(folder: string): AsyncGenerator<Row> {
  yield* benchSqlitePeer(folder);
  yield* benchPostgresPeer();
}

async function* benchPostgresPeer(): AsyncGenerator<Row> {
  const emmett = await loadEmmett("postgresql");
  if (emmett === undefined) return;
  const server = await servePostgres();
  try {
    await using store = await openEventStore(postgres({ connectionString: server.connectionString }));
    const peer = emmett.getPostgreSQLEventStore(server.connectionString);
    yield* comparePeers(store, peer, "emmett-postgresql 0.42.0", "PostgreSQL: ", appendAtOnceToPeer);
    await peer.close?.();
  } finally {
    await server.remove();
  }
}

async function* benchSqlitePeer(folder: string): AsyncGenerator<Row> {
  const emmett = await loadEmmett("sqlite");
  if (emmett === undefined) {
    process.stderr.write("peers are not installed: `npm run bench:peers` does it\n");
    return;
  }
  await using store = await openEventStore(betterSqlite3({ path: join(folder, "rivulet.db") }));
  const peer = emmett.getSQLiteEventStore({
    fileName: join(folder, "emmett.db"),
    schema: { autoMigration: "CreateOrUpdate" },
  });
  yield* comparePeers(store, peer, "emmett-sqlite 0.38.5", "", appendConcurrentlyToPeer);
}

async function* comparePeers(
  own: EventStore,
  peer: EmmettStore,
  against: string,
  prefix: string,
  appendManyToPeer: (peer: EmmettStore) => Promise<number>,
): AsyncGenerator<Row> {
  let round = 0;
  const rows: readonly [string, (store: EventStore) => Promise<number>, (peer: EmmettStore) => Promise<number>][] = [
    ["one awaited append, FULL", appendOne, appendOneToPeer],
    ["64 concurrent appends, each to a stream of its own", appendConcurrently, appendManyToPeer],
    [
      "a batch of 100",
      (ours) => appendBatch(ours, `batch-${round++}`),
      (theirs) => appendBatchToPeer(theirs, `batch-${round++}`),
    ],
    ["reading a stream of 100", readOurs, readPeers],
  ];
  for (const [name, ours, theirs] of rows) {
    const work = [{ run: () => ours(own) }, { run: () => theirs(peer) }] as const;
    yield comparisonRow(await compare(`${prefix}${name}`, ...work, { against }));
  }
}

async function loadEmmett(storage: "sqlite" | "postgresql"): Promise<Emmett | undefined> {
  const peers = createRequire(join(process.cwd(), `test/bench/${FOLDERS[storage]}/package.json`));
  try {
    const path = peers.resolve(`@event-driven-io/emmett-${storage}`);
    return (await import(pathToFileURL(path).href)) as Emmett;
  } catch (error) {
    if ((error as { code?: unknown }).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Their versions do not fit into one. */
const FOLDERS = { sqlite: "peers", postgresql: "peers-postgresql" } as const;

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

async function appendAtOnceToPeer(peer: EmmettStore): Promise<number> {
  await Promise.all(
    PAYLOADS.slice(0, 64).map((data, index) => peer.appendToStream(`own-${index}`, [{ type: "happened", data }])),
  );
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
