import type { Database } from "@sqlite.org/sqlite-wasm";
import type { Flight } from "../../support/flights.ts";

/** A transaction of the store's projector holds about this many statements. */
const PAGE = 1_000;

const SCHEMA = `
  CREATE TABLE flights (position INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;
  CREATE TABLE checkpoints (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
  INSERT INTO checkpoints VALUES ('distances', 0);
  CREATE TABLE distances (
    distance INTEGER PRIMARY KEY, flights INTEGER NOT NULL, delay INTEGER NOT NULL, worst INTEGER NOT NULL
  ) STRICT;
`;

/** The read model of `flight-model.ts` by hand: rows in, rows out, in the worker, a transaction a page. */
export interface RawModel {
  readonly reset: () => void;
  /** Resolves with the number of flights. */
  readonly build: () => number;
  readonly rows: () => unknown[];
}

export function createRawModel(database: Database, flights: readonly Flight[]): RawModel {
  database.exec(
    `DROP TABLE IF EXISTS flights; DROP TABLE IF EXISTS checkpoints; DROP TABLE IF EXISTS distances; ${SCHEMA}`,
  );
  database.transaction(() => {
    const insert = database.prepare("INSERT INTO flights VALUES (?, ?)");
    flights.forEach((flight, index) => insert.bind([index + 1, JSON.stringify(flight)]).stepReset());
    insert.finalize();
  });
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const select = database.prepare("SELECT position, data FROM flights WHERE position > ? ORDER BY position LIMIT ?");
  const move = database.prepare("UPDATE checkpoints SET position = ? WHERE name = 'distances'");
  const upsert = database.prepare(
    "INSERT INTO distances VALUES (?, 1, ?, ?) ON CONFLICT (distance) DO UPDATE " +
      "SET flights = flights + 1, delay = delay + excluded.delay, worst = max(worst, excluded.worst)",
  );

  function buildPage(after: number): number {
    let position = after;
    begin.stepReset();
    select.bind([after, PAGE]);
    while (select.step()) {
      position = select.getInt(0) as number;
      const { distance, delay } = JSON.parse(select.getString(1) as string) as Flight;
      upsert.bind([distance, delay, delay]).stepReset();
    }
    select.reset();
    move.bind([position]).stepReset();
    commit.stepReset();
    return position;
  }

  return {
    reset: () => database.exec("DELETE FROM distances; UPDATE checkpoints SET position = 0"),
    build() {
      let position = 0;
      for (let next = buildPage(0); next > position; next = buildPage(next)) position = next;
      return position;
    },
    rows: () =>
      database.exec("SELECT * FROM distances ORDER BY distance", { rowMode: "object", returnValue: "resultRows" }),
  };
}
