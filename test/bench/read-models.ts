import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import Database from "better-sqlite3";
import { join } from "node:path";
import { flightModel, importFlights } from "../support/flight-model.ts";
import { loadFlights, type Flight } from "../support/flights.ts";
import { countedQueries } from "../support/wrapped-queries.ts";
import { compare, type Work } from "./harness.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";

/** The number of statements in a transaction of the store's projector. */
const PAGE = 1_000;

const LISTENERS = 1_000;
const CHANGES = 50;

/** SQL tables fed from the flights, beside the same statements by hand. */
export async function* benchReadModels(folder: string): AsyncGenerator<Row> {
  const flights = loadFlights();
  await using store = await openEventStore(betterSqlite3({ path: join(folder, "flights.db"), durability: "normal" }));
  await importFlights(store, flights);
  const raw = openTables(join(folder, "raw.db"));
  const name = "a read model of 200,000 flights, built";
  let schema = 0;
  const next = (): number => ++schema;
  const events = new Database(join(folder, "flights.db"), { readonly: true });
  const read = { against: "the data read, parsed, and the same statements by hand, in transactions as large" };
  yield comparisonRow(
    await compare(
      name,
      building(store, next),
      byHand(raw, next, () => readPages(events)),
      { ...read, goal: 0.8 },
    ),
  );
  const given = { against: "the same statements alone, by hand, over events that are in memory", goal: 0.5 };
  yield comparisonRow(
    await compare(
      name,
      building(store, next),
      byHand(raw, next, () => givePages(flights)),
      given,
    ),
  );
  events.close();
  raw.close();
  yield* benchListeners();
}

/** Each time with another schema, and therefore with new tables. */
function building(store: EventStore, next: () => number): Work {
  return {
    async run() {
      await using model = await store.readModel(flightModel(next()).definition);
      return await model.caughtUp();
    },
  };
}

export function openTables(path: string): Database.Database {
  const raw = new Database(path);
  raw.pragma("journal_mode = WAL");
  raw.pragma("synchronous = NORMAL");
  raw.pragma("wal_autocheckpoint = 8000");
  return raw;
}

/** As much of each event as the statements need. */
export function* readPages(events: Database.Database): Generator<readonly Flight[]> {
  const page = events
    .prepare(
      `SELECT e.position, e.data FROM events e JOIN types t ON t.id = e.type
       WHERE t.name = 'flew' AND e.position > ? ORDER BY e.position LIMIT ${PAGE}`,
    )
    .raw();
  for (let position = 0; ;) {
    const rows = page.all(position) as [number, string][];
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(([, data]) => JSON.parse(data) as Flight);
    [position] = last;
  }
}

export function* givePages(flights: readonly Flight[]): Generator<readonly Flight[]> {
  for (let start = 0; start < flights.length; start += PAGE) yield flights.slice(start, start + PAGE);
}

export function byHand(raw: Database.Database, next: () => number, pages: () => Iterable<readonly Flight[]>): Work {
  return {
    run() {
      const table = `"flights.${next()}.distances"`;
      raw.exec(
        `CREATE TABLE ${table} (distance INTEGER PRIMARY KEY, flights INTEGER NOT NULL, delay INTEGER NOT NULL, worst INTEGER NOT NULL) STRICT`,
      );
      const upsert = raw.prepare(
        `INSERT INTO ${table} VALUES (?, 1, ?, ?) ON CONFLICT (distance) DO UPDATE
         SET flights = flights + 1, delay = delay + excluded.delay, worst = max(worst, excluded.worst)`,
      );
      let done = 0;
      for (const page of pages()) {
        raw.exec("BEGIN IMMEDIATE");
        for (const { distance, delay } of page) upsert.run(distance, delay, delay);
        raw.exec("COMMIT");
        done += page.length;
      }
      return done;
    },
  };
}

async function* benchListeners(): AsyncGenerator<Row> {
  const { adapter, runs } = countedQueries(betterSqlite3());
  await using store = await openEventStore(adapter);
  const { definition, everything } = flightModel(1);
  const model = await store.readModel(definition);
  const live = model.live(everything);
  for (let listener = 0; listener < LISTENERS; listener++) live.subscribe(() => undefined);
  await live.caughtUp();
  const before = runs();
  for (let change = 0; change < CHANGES; change++) {
    const { position } = await store.stream("one").append({ type: "flew", data: { distance: 1, delay: 1, time: 1 } });
    await live.caughtUp(position);
  }
  const counted = (runs() - before) / CHANGES;
  const name = "a live query with 1,000 listeners: how often it runs";
  yield measureRow({ name, value: counted, unit: "a change", atMost: 1 });
}
