import { openEventStore, type ReadAllOptions } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { join } from "node:path";
import { compare } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, type Row } from "./row.ts";

const BATCHES = 500;
/** How many events are looked for, each in another batch: twice, so that the rows show what grows with them. */
const FOUND = [100, 10] as const;

/** The reads that find the same events as the read of their stream, by a word that they have in common. */
const FILTERS: readonly (readonly [by: string, options: (word: string) => ReadAllOptions, goal?: number])[] = [
  ["by `streams`", (word) => ({ streams: [`${word}/one`] }), 0.5],
  ["by `streamPrefix`", (word) => ({ streamPrefix: `${word}/` })],
  ["by `types`", (word) => ({ types: [word] })],
  ["by `metadata`", (word) => ({ metadata: { user: word } })],
];

const wordFor = (found: number): string => `one-of-${found}`;

/** Reads with a filter that few events match, beside the read of a stream with as many. */
export async function* benchFilteredReads(folder: string): AsyncGenerator<Row> {
  const path = join(folder, "filtered.db");
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal", indexedMetadata: ["user"] }));
  for (let batch = 0; batch < BATCHES; batch++) {
    await store.append([
      ...FOUND.filter((found) => batch % (BATCHES / found) === 0).map((found) => {
        const word = wordFor(found);
        return { stream: `${word}/one`, events: { type: word, data: PAYLOADS[0], metadata: { user: word } } };
      }),
      ...PAYLOADS.map((data, index) => ({
        stream: `stream-${index % 50}`,
        events: { type: "happened", data, metadata: { user: `user-${index % 20}` } },
      })),
    ]);
  }
  for (const found of FOUND) {
    const word = wordFor(found);
    const own = { run: () => often(found, () => store.stream(`${word}/one`).read().toArray()) };
    for (const [by, options, goal] of FILTERS) {
      const ours = { run: () => often(found, () => store.read(options(word)).toArray()) };
      const name = `reading ${found} of 500,000 events ${by}`;
      yield comparisonRow(
        await compare(name, ours, own, { against: "the stream's own read", ...(goal !== undefined && { goal }) }),
      );
    }
  }
}

async function often(found: number, read: () => Promise<readonly unknown[]>): Promise<number> {
  const rounds = 2_000 / found;
  for (let round = 0; round < rounds; round++) {
    const { length } = await read();
    if (length !== found) throw new Error(`${length} events were found`);
  }
  return rounds;
}
