import type { Event, EventStore, ReadModelDefinition, SqlStatement, StreamAppend } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";
import type { Flight } from "./flights.ts";

const BATCH = 2_000;

type Flew = Event<"flew", Flight>;

/** The state of all flights over one distance. */
export interface Distance {
  readonly distance: number;
  readonly flights: number;
  readonly delay: number;
  readonly worst: number;
}

/** Flights, delays and the worst delay by distance; each schema has tables of its own. */
export function flightModel(schema: number): { definition: ReadModelDefinition; everything: SqlStatement } {
  const distances = table(
    "distances",
    "distance INTEGER PRIMARY KEY, flights INTEGER NOT NULL, delay INTEGER NOT NULL, worst INTEGER NOT NULL",
  );
  const definition = defineReadModel<Flew>({
    name: "flights",
    schema,
    tables: [distances],
    on: {
      flew: ({ data: { distance, delay } }) =>
        sql`INSERT INTO ${distances} VALUES (${distance}, 1, ${delay}, ${delay}) ON CONFLICT (distance) DO UPDATE
            SET flights = flights + 1, delay = delay + excluded.delay, worst = max(worst, excluded.worst)`,
    },
  });
  return { definition, everything: sql`SELECT * FROM ${distances} ORDER BY distance` };
}

/** Computes the same from the flights themselves. */
export function computeDistances(flights: readonly Flight[]): Distance[] {
  const found = new Map<number, Distance>();
  for (const { distance, delay } of flights) {
    const { flights: count, delay: sum, worst } = found.get(distance) ?? { flights: 0, delay: 0, worst: -Infinity };
    found.set(distance, { distance, flights: count + 1, delay: sum + delay, worst: Math.max(worst, delay) });
  }
  return [...found.values()].sort((a, b) => a.distance - b.distance);
}

export async function importFlights(store: EventStore, flights: readonly Flight[]): Promise<void> {
  for (let start = 0; start < flights.length; start += BATCH) {
    const entries = flights.slice(start, start + BATCH).map((data, index): StreamAppend => ({
      stream: `flights-${(start + index) % 100}`,
      events: { type: "flew", data },
    }));
    await store.append(entries);
  }
}
