import type { Event, EventStore, StreamAppend } from "rivulet";
import type { RoutedFlight } from "./flights.ts";

const BATCH = 2_000;

export type Flew = Event<"flew", RoutedFlight>;

/** The state of one airport's departures. */
export interface Airport {
  readonly code: string;
  readonly flights: number;
  readonly delay: number;
}

/** One stream for each route. */
export async function appendFlights(store: EventStore, flights: readonly RoutedFlight[]): Promise<void> {
  for (let start = 0; start < flights.length; start += BATCH) {
    const entries = flights.slice(start, start + BATCH).map((data): StreamAppend => {
      return { stream: `${data.origin}-${data.destination}`, events: { type: "flew", data } };
    });
    await store.append(entries);
  }
}

/** By code. */
export function sumAirports(flights: readonly RoutedFlight[]): Airport[] {
  const found = new Map<string, { flights: number; delay: number }>();
  for (const { origin, delay } of flights) {
    const sum = found.get(origin) ?? { flights: 0, delay: 0 };
    found.set(origin, { flights: sum.flights + 1, delay: sum.delay + delay });
  }
  return [...found].map(([code, sum]) => Object.assign(sum, { code })).sort((a, b) => (a.code < b.code ? -1 : 1));
}
