import { openEventStore, type ReadAllOptions } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { join } from "node:path";
import { compare } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, type Row } from "./row.ts";

const BATCHES = 500;
/** How many events are looked for, each in another batch. */
const FOUND = 100;

/** The reads that find the same 100 of 500,000 events as the stream's own read. */
const FILTERS: readonly (readonly [by: string, options: ReadAllOptions, goal?: number])[] = [
  ["by `streams`", { streams: ["found/one"] }, 0.5],
  ["by `streamPrefix`", { streamPrefix: "found/" }],
  ["by `types`", { types: ["rare"] }],
  ["by `metadata`", { metadata: { user: "rare" } }],
];

/** Reads with a filter that few events match, beside the read of a stream with as many. */
export async function* benchFilteredReads(folder: string): AsyncGenerator<Row> {
  const path = join(folder, "filtered.db");
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal", indexedMetadata: ["user"] }));
  for (let batch = 0; batch < BATCHES; batch++) {
    const rare = { type: "rare", data: PAYLOADS[0], metadata: { user: "rare" } };
    await store.append([
      ...(batch % (BATCHES / FOUND) === 0 ? [{ stream: "found/one", events: rare }] : []),
      ...PAYLOADS.map((data, index) => ({
        stream: `stream-${index % 50}`,
        events: { type: "happened", data, metadata: { user: `user-${index % 20}` } },
      })),
    ]);
  }
  const stream = store.stream("found/one");
  const own = { run: () => often(() => stream.read().toArray()) };
  for (const [by, options, goal] of FILTERS) {
    const ours = { run: () => often(() => store.read(options).toArray()) };
    const name = `reading ${FOUND} of 500,000 events ${by}`;
    yield comparisonRow(
      await compare(name, ours, own, { against: "the stream's own read", ...(goal !== undefined && { goal }) }),
    );
  }
}

async function often(read: () => Promise<readonly unknown[]>): Promise<number> {
  const rounds = 20;
  for (let round = 0; round < rounds; round++) {
    const { length } = await read();
    if (length !== FOUND) throw new Error(`${length} events were found`);
  }
  return rounds;
}
