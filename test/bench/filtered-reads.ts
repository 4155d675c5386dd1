import { openEventStore, type EventStore, type ReadAllOptions } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type Database from "better-sqlite3";
import { join } from "node:path";
import { compare, type Work } from "./harness.ts";
import { bytesOf } from "./index-size.ts";
import { PAYLOADS } from "./payload.ts";
import { COLUMNS, JOINED, toEvent } from "./raw-events.ts";
import { INSERT } from "./raw-schema.ts";
import { openRaw, uuidv7 } from "./raw.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";

const BATCHES = 500;
/** How many events are looked for, each in another batch. */
const FOUND = [500, 100, 10, 5] as const;

/** A read that finds the events that have a word. */
type Filter = readonly [by: string, options: (word: string) => ReadAllOptions, goal?: number];

const BY_STREAMS: readonly Filter[] = [
  ["by `streams`", (word) => ({ streams: [`${word}/one`] }), 0.5],
  ["by `streamPrefix`", (word) => ({ streamPrefix: `${word}/` })],
];
const BY_TYPES: Filter = ["by `types`", (word) => ({ types: [word] })];
const BY_METADATA: Filter = ["by `metadata`", (word) => ({ metadata: { user: word } })];

/** What is compared with the read of a stream that has the same events. */
const BESIDE_STREAM: readonly (readonly [found: number, filters: readonly Filter[]])[] = [
  [100, [...BY_STREAMS, BY_TYPES, BY_METADATA]],
  [10, BY_STREAMS],
];

/** What is compared with an index of all events by hand: its name, what it is of, and the reads. */
const BESIDE_INDEX: readonly (readonly [index: string, of: string, filter: Filter])[] = [
  ["events_type", "e.type = (SELECT id FROM types WHERE name = ?)", BY_TYPES],
  ["events_user", "json_extract(e.metadata, '$.user') = ?", BY_METADATA],
];

const wordFor = (found: number): string => `one-of-${found}`;

interface Written {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly user: string;
}

/** The events of a batch: of a thousand frequent ones, the users are 20, and the type is one. */
function eventsOf(batch: number): readonly Written[] {
  return [
    ...FOUND.filter((found) => batch % (BATCHES / found) === 0).map((found) => {
      const word = wordFor(found);
      return { stream: `${word}/one`, type: word, data: PAYLOADS[0], user: word };
    }),
    ...PAYLOADS.map((data, index) => ({
      stream: `stream-${index % 50}`,
      type: "happened",
      data,
      user: `user-${index % 20}`,
    })),
  ];
}

/** Reads with a filter that few events match, beside the read of a stream with as many, and beside indexes by hand. */
export async function* benchFilteredReads(folder: string): AsyncGenerator<Row> {
  const path = join(folder, "filtered.db");
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal", indexedMetadata: ["user"] }));
  const raw = openRaw(join(folder, "filtered-raw.db"), "NORMAL");
  const write = createWriter(raw);
  for (let batch = 0; batch < BATCHES; batch++) {
    const events = eventsOf(batch);
    await store.append(
      events.map(({ stream, type, data, user }) => ({ stream, events: { type, data, metadata: { user } } })),
    );
    write(events);
  }
  for (const [found, filters] of BESIDE_STREAM) {
    const own = {
      run: () =>
        often(found, () =>
          store
            .stream(`${wordFor(found)}/one`)
            .read()
            .toArray(),
        ),
    };
    for (const filter of filters)
      yield comparisonRow(await against("the stream's own read", found, filter, store, own));
  }
  for (const [, where, filter] of BESIDE_INDEX) {
    const page = raw.prepare(`SELECT ${COLUMNS} FROM ${JOINED} WHERE ${where} ORDER BY e.position LIMIT 1000`).raw();
    for (const found of [500, 5]) {
      const byHand = { run: () => often(found, () => (page.all(wordFor(found)) as unknown[][]).map(toEvent)) };
      yield comparisonRow(await against("an index by hand", found, filter, store, byHand));
    }
  }
  const sizes = BESIDE_INDEX.map(([index]) => (bytesOf(raw, index) / (BATCHES * PAYLOADS.length)).toFixed(1));
  raw.close();
  yield measureRow({
    name: "the indexes of types and of a key of metadata, 20 values of it alternating",
    against: "an index of all events by hand, of each",
    value: bytesOf(path, "event_blocks") / (BATCHES * PAYLOADS.length),
    unit: "bytes an event",
    detail: `by hand: ${sizes.join(" and ")}`,
  });
}

async function against(baseline: string, found: number, filter: Filter, store: EventStore, theirs: Work) {
  const [by, options, goal] = filter;
  const ours = { run: () => often(found, () => store.read(options(wordFor(found))).toArray()) };
  const name = `reading ${found} of 500,000 events ${by}`;
  return compare(name, ours, theirs, { against: baseline, ...(goal !== undefined && { goal }) });
}

async function often(found: number, read: () => unknown[] | Promise<readonly unknown[]>): Promise<number> {
  const rounds = 2_000 / found;
  for (let round = 0; round < rounds; round++) {
    const { length } = await read();
    if (length !== found) throw new Error(`${length} events were found`);
  }
  return rounds;
}

/** Returns a function that writes the events of a batch by hand, in one transaction, to a database with indexes of all events. */
function createWriter(raw: Database.Database): (events: readonly Written[]) => void {
  raw.exec("CREATE INDEX events_type ON events (type)");
  raw.exec("CREATE INDEX events_user ON events (json_extract(metadata, '$.user'))");
  const insert = raw.prepare(INSERT);
  const stream = createNames(raw, "streams");
  const type = createNames(raw, "types");
  const versions = new Map<string, number>();
  let position = 0;
  return raw.transaction((events: readonly Written[]) => {
    for (const event of events) {
      const version = (versions.get(event.stream) ?? 0) + 1;
      versions.set(event.stream, version);
      const [data, metadata] = [JSON.stringify(event.data), JSON.stringify({ user: event.user })];
      const ids = [stream(event.stream), version, uuidv7(), type(event.type)];
      insert.run(++position, ...ids, 1, data, metadata, Date.now());
    }
  });
}

/** Returns a function that gives a name its number in a table. */
function createNames(raw: Database.Database, table: "streams" | "types"): (name: string) => number {
  const add = raw.prepare(`INSERT OR IGNORE INTO ${table} (name) VALUES (?)`);
  const find = raw.prepare(`SELECT id FROM ${table} WHERE name = ?`).pluck();
  const known = new Map<string, number>();
  return (name) => {
    let id = known.get(name);
    if (id === undefined) {
      add.run(name);
      known.set(name, (id = find.get(name) as number));
    }
    return id;
  };
}
