import type Database from "better-sqlite3";
import { join } from "node:path";
import { benchFilteredReads } from "./filtered-reads.ts";
import { compare } from "./harness.ts";
import { openPair, warmUp } from "./pair.ts";
import { PAYLOADS } from "./payload.ts";
import { benchRareReads } from "./rare-reads.ts";
import { COLUMNS, fromObject, JOINED, toEvent, type RawRow } from "./raw-events.ts";
import { comparisonRow, type Row } from "./row.ts";

/** Reads, beside the same by hand: pages of rows, ids as text, data parsed. */
export async function* benchReads(folder: string): AsyncGenerator<Row> {
  const pair = await openPair(join(folder, "reads"), "normal");
  await warmUp(pair, 40);
  const { store, raw } = pair;
  await store.stream("hundred").append(PAYLOADS.slice(0, 100).map((data) => ({ type: "happened", data })));
  raw.exec("INSERT INTO streams (name) VALUES ('hundred')");
  raw.exec(
    `INSERT INTO events (position, stream, version, id, type, schema_version, data, metadata, timestamp) SELECT position + 40000, 2, version, randomblob(16), type, 1, data, metadata, timestamp FROM events WHERE position <= 100`,
  );
  const hundred = rawStream(raw);

  const replay = {
    async run(): Promise<number> {
      let count = 0;
      for await (const event of store.read()) count += event.data === undefined ? 0 : 1;
      return count;
    },
  };
  for (const [against, goal, byHand] of [
    ["raw pages of rows, parsed", 1.3, rawPages(raw, false)],
    ["raw pages of rows as arrays, parsed", undefined, rawPages(raw, true)],
  ] as const) {
    const options = { against, ...(goal !== undefined && { goal }) };
    yield comparisonRow(await compare("full replay, parsed", replay, { run: byHand }, options));
  }
  const stream = store.stream("hundred");
  yield comparisonRow(
    await compare(
      "reading one stream of 100 events",
      {
        async run() {
          for (let round = 0; round < 50; round++) await stream.read().toArray();
          return 50;
        },
      },
      {
        run() {
          for (let round = 0; round < 50; round++) hundred();
          return 50;
        },
      },
      { against: "the same by hand", goal: 0.8 },
    ),
  );
  await pair.close();
  yield* benchFilteredReads(folder);
  yield* benchRareReads(folder);
}

/** `asArrays`: better-sqlite3's `raw()`, which is faster than the objects that it returns unasked. */
function rawPages(raw: Database.Database, asArrays: boolean): () => number {
  const page = raw.prepare(`SELECT ${COLUMNS} FROM ${JOINED} WHERE e.position > ? ORDER BY e.position LIMIT 1000`);
  if (asArrays) page.raw();
  return () => {
    let count = 0;
    for (let position = 0; ;) {
      const rows = page.all(position);
      const events = asArrays ? (rows as unknown[][]).map(toEvent) : (rows as RawRow[]).map(fromObject);
      const last = events.at(-1);
      if (last === undefined) return count;
      count += events.length;
      position = last.position;
    }
  };
}

function rawStream(raw: Database.Database): () => number {
  const id = raw.prepare("SELECT id FROM streams WHERE name = ?").pluck();
  const page = raw
    .prepare(`SELECT ${COLUMNS} FROM ${JOINED} WHERE e.stream = ? AND e.version > ? ORDER BY e.version LIMIT 1000`)
    .raw();
  return () => (page.all(id.get("hundred"), 0) as unknown[][]).map(toEvent).length;
}
