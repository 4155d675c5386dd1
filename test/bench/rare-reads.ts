import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type Database from "better-sqlite3";
import { join } from "node:path";
import { compare } from "./harness.ts";
import { bytesOf } from "./index-size.ts";
import { PAYLOADS } from "./payload.ts";
import { COLUMNS, JOINED, toEvent } from "./raw-events.ts";
import { INSERT } from "./raw-schema.ts";
import { openRaw, uuidv7 } from "./raw.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";

const BATCHES = 300;
/** How many types most events have. */
const FREQUENT = 9;

/** The other types, and how many events they have, each in another batch. */
const FOUND = { rare: 3, scarce: BATCHES } as const;

/** Reads by a type that few of 300,000 events have, beside a scan by hand over as many, which has no index of types either. */
export async function* benchRareReads(folder: string): AsyncGenerator<Row> {
  const path = join(folder, "rare.db");
  await using store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const raw = openRaw(join(folder, "rare-raw.db"), "NORMAL");
  await fill(store, raw);
  const scan = scanFor(raw);
  for (const [type, found] of Object.entries(FOUND)) {
    const check = (read: readonly unknown[]): void => {
      if (read.length !== found) throw new Error(`${read.length} events were found`);
    };
    const ours = {
      async run(): Promise<number> {
        for (let round = 0; round < 20; round++) check(await store.read({ types: [type] }).toArray());
        return 20;
      },
    };
    const theirs = {
      run(): number {
        check(scan(type));
        return 1;
      },
    };
    const name = `reading ${found} of 300,000 events by \`types\``;
    yield comparisonRow(await compare(name, ours, theirs, { against: "a scan by hand" }));
  }
  raw.close();
  yield measureRow({
    name: "the index of types, nine frequent types alternating",
    value: bytesOf(path, "event_blocks") / (BATCHES * PAYLOADS.length),
    unit: "bytes an event",
    atMost: 10,
  });
}

async function fill(store: EventStore, raw: Database.Database): Promise<void> {
  const insert = raw.prepare(INSERT);
  raw.exec("INSERT INTO streams (name) VALUES ('one')");
  raw.exec("DELETE FROM types");
  const addType = raw.prepare("INSERT OR IGNORE INTO types (name) VALUES (?)");
  const typeId = raw.prepare("SELECT id FROM types WHERE name = ?").pluck();
  const write = raw.transaction((batch: number) => {
    PAYLOADS.forEach((data, index) => {
      const type = typeOf(batch, index);
      addType.run(type);
      const position = batch * PAYLOADS.length + index + 1;
      insert.run(position, 1, position, uuidv7(), typeId.get(type), 1, JSON.stringify(data), null, Date.now());
    });
  });
  for (let batch = 0; batch < BATCHES; batch++) {
    await store.stream("one").append(PAYLOADS.map((data, index) => ({ type: typeOf(batch, index), data })));
    write(batch);
  }
}

function typeOf(batch: number, index: number): string {
  if (index === 500) return "scarce";
  return index === 501 && batch % (BATCHES / FOUND.rare) === 50 ? "rare" : `type-${index % FREQUENT}`;
}

function scanFor(raw: Database.Database): (type: string) => readonly unknown[] {
  const id = raw.prepare("SELECT id FROM types WHERE name = ?").pluck();
  const page = raw.prepare(`SELECT ${COLUMNS} FROM ${JOINED} WHERE e.type = ? ORDER BY e.position LIMIT 1000`).raw();
  return (type) => (page.all(id.get(type)) as unknown[][]).map(toEvent);
}
