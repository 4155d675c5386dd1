import { openEventStore, type EventStore } from "rivulet";
import { postgres } from "rivulet/postgres";
import { randomUUID } from "node:crypto";
import pg from "pg";
import { servePostgres, type Postgres } from "../support/postgres-server.ts";
import { appendConcurrently, appendOneByOne } from "./append-loops.ts";
import { compare, type Work } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";
import { measureForeign } from "./watching.ts";

const WATCHERS = 10_000;
const IDLE = 3_000;

const RAW_TABLE = `CREATE TABLE raw (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL, id uuid NOT NULL UNIQUE,
  type text NOT NULL, schema_version int NOT NULL, data text, metadata text, timestamp bigint NOT NULL, UNIQUE (stream, version))`;
const RAW_COLUMNS = "stream, version, id, type, schema_version, data, metadata, timestamp";

const COMPARED = ["single", "concurrent", "batches", "replay"] as const;

/** What can be measured alone. */
export const POSTGRES_CASES: readonly string[] = [...COMPARED, "watcher", "crowd", "flushed"];

/** The store on PostgreSQL, beside pg by hand with the same columns, on the same server. */
export async function* benchPostgres(_folder: string, only?: string): AsyncGenerator<Row> {
  const isAsked = (name: string): boolean => only === undefined || only === name;
  const server = await servePostgres();
  const pool = new pg.Pool({ connectionString: server.connectionString, max: 1 });
  try {
    await pool.query(RAW_TABLE);
    await using store = await openEventStore(postgres({ connectionString: server.connectionString }));
    for (let batch = 0; batch < 40; batch++) {
      await appendBatch(store);
      await rawBatch(pool);
    }
    for (const [key, [name, against, goal, ours, theirs]] of Object.entries(casesOf(store, pool))) {
      if (!isAsked(key)) continue;
      yield comparisonRow(await compare(name, ours, theirs, { against, goal, blocks: 60 }));
    }
    if (isAsked("watcher")) yield* measureForeign(store, server.connectionString);
    if (isAsked("crowd")) yield await measureIdleCrowd(store, server);
    const { size = 0 } = await store.info();
    process.stderr.write(`${Math.round(size / (await store.head()))} bytes an event, indexes included\n`);
  } finally {
    await pool.end();
    await server.remove();
  }
  if (isAsked("flushed")) yield* benchFlushed();
}

/** Appends on a server that flushes every commit to disk, as servers do unless they only serve tests. */
async function* benchFlushed(): AsyncGenerator<Row> {
  const server = await servePostgres(true);
  const pool = new pg.Pool({ connectionString: server.connectionString, max: 1 });
  try {
    await pool.query(RAW_TABLE);
    await using store = await openEventStore(postgres({ connectionString: server.connectionString }));
    const { single, concurrent } = casesOf(store, pool);
    for (const [name, against, goal, ours, theirs] of [single, concurrent]) {
      yield comparisonRow(await compare(`${name}, flushed to disk`, ours, theirs, { against, goal, blocks: 60 }));
    }
  } finally {
    await pool.end();
    await server.remove();
  }
}

/** What 10,000 watchers that wait cost the server. */
async function measureIdleCrowd(store: EventStore, server: Postgres): Promise<Row> {
  const watchers = Array.from({ length: WATCHERS }, () => store.watch({ after: "head" }));
  const arrivals = watchers.map((watcher) => watcher.next());
  await store.stream("one").append({ type: "happened" });
  await Promise.all(arrivals);
  const waiting = watchers.map((watcher) => watcher.next());
  // Whoever is caught up waits from then on.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const before = await lastQueries(server);
  await new Promise((resolve) => setTimeout(resolve, IDLE));
  const after = await lastQueries(server);
  for (const watcher of watchers) void watcher.return?.();
  await Promise.allSettled(waiting);
  return measureRow({
    name: "connections with a query while 10,000 watchers wait (3 s)",
    value: after.filter((query) => !before.includes(query)).length,
    unit: "connections",
    atMost: 0,
  });
}

/** When each connection of the store began its last query. */
async function lastQueries(server: Postgres): Promise<string[]> {
  const text = "SELECT pid || ' ' || query_start AS query FROM pg_stat_activity WHERE application_name = 'rivulet'";
  return (await server.query<{ query: string }>(text)).map(({ query }) => query);
}

type Measured = readonly [name: string, against: string, goal: number, ours: Work, theirs: Work];

function casesOf(store: EventStore, pool: pg.Pool): Readonly<Record<(typeof COMPARED)[number], Measured>> {
  const oneByOne = { run: () => rawOneByOne(pool, 50) };
  return {
    single: ["one awaited append", "one INSERT in autocommit", 0.8, { run: () => appendOneByOne(store, 50) }, oneByOne],
    concurrent: [
      "512 concurrent appends",
      "raw, one at a time",
      10,
      { run: () => appendConcurrently(store, 512, 2) },
      oneByOne,
    ],
    batches: [
      "batches of 1,000",
      "one multi-row INSERT",
      0.8,
      { run: async () => (await appendBatch(store), 1000) },
      { run: async () => (await rawBatch(pool), 1000) },
    ],
    replay: [
      "full replay, parsed",
      "raw pages of 1,000 rows, parsed",
      1,
      { run: () => replay(store) },
      { run: () => rawReplay(pool) },
    ],
  };
}

async function appendBatch(store: EventStore): Promise<void> {
  await store.stream("one").append(PAYLOADS.map((data) => ({ type: "happened", data })));
}

let rawVersion = 0;

function rawValues(index: number): unknown[] {
  return ["one", ++rawVersion, randomUUID(), "happened", 1, JSON.stringify(PAYLOADS[index]), null, Date.now()];
}

async function rawOneByOne(pool: pg.Pool, count: number): Promise<number> {
  const text = `INSERT INTO raw (${RAW_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING position`;
  for (let index = 0; index < count; index++) await pool.query({ text, values: rawValues(index) });
  return count;
}

async function rawBatch(pool: pg.Pool): Promise<void> {
  const rows = PAYLOADS.map(
    (_, row) => `(${Array.from({ length: 8 }, (__, column) => `$${row * 8 + column + 1}`).join()})`,
  );
  const text = `INSERT INTO raw (${RAW_COLUMNS}) VALUES ${rows.join()}`;
  await pool.query({ text, values: PAYLOADS.flatMap((_, index) => rawValues(index)) });
}

async function replay(store: EventStore): Promise<number> {
  let count = 0;
  for await (const event of store.read({ upTo: 40_000 })) count += event.data === undefined ? 0 : 1;
  return count;
}

async function rawReplay(pool: pg.Pool): Promise<number> {
  const text = `SELECT position, ${RAW_COLUMNS} FROM raw WHERE position > $1 AND position <= 40000 ORDER BY position LIMIT 1000`;
  let count = 0;
  for (let position = 0; ;) {
    const { rows } = await pool.query<Record<string, string> & { data: string }>(text, [position]);
    const events = rows.map(({ position: key, version, timestamp, data, stream, type, id }) => ({
      position: Number(key),
      stream,
      version: Number(version),
      id,
      type,
      timestamp: Number(timestamp),
      data: JSON.parse(data) as unknown,
    }));
    const last = events.at(-1);
    if (last === undefined) return count;
    count += events.length;
    position = last.position;
  }
}
