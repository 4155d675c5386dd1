import { openEventStore, type Event, type EventStore, type StreamAppend } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { loadFlights, loadRoutedFlights, type Flight, type RoutedFlight } from "../support/flights.ts";
import { temporaryPath } from "../support/temporary.ts";

const BATCH = 2_000;

type Flew<F> = Event<"flew", F>;

test("200,000 flights in 13,807 streams are imported once, read back equal, and have the right totals per stream", async () => {
  const path = temporaryPath();
  const flights = loadFlights();
  const streamOf = (flight: Flight): string => `${flight.distance} miles at ${Math.floor(flight.time)}`;
  let store = await openEventStore(betterSqlite3({ path, durability: "normal" }));

  expect(await importFlights(store, flights, streamOf)).toEqual({ added: 200_000, known: 0 });
  await store.close();
  store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  expect(await importFlights(store, flights, streamOf)).toEqual({ added: 0, known: 200_000 });
  expect(await store.head()).toBe(200_000);

  const events = await store.read<Flew<Flight>>().toArray();
  expect(isContiguous(events.map(({ position }) => position))).toBe(true);
  expect(events.map(({ data }) => data)).toEqual(flights);
  expect(events.every(({ stream, data }) => stream === streamOf(data))).toBe(true);

  const expected = new Map<string, Sum>();
  for (const flight of flights) add(expected, streamOf(flight), flight.delay);
  const streams = await store.streams().toArray();
  expect(streams).toHaveLength(13_807);
  expect(new Map(streams.map(({ name, version }) => [name, version]))).toEqual(
    new Map([...expected].map(([name, { flights: count }]) => [name, count])),
  );
  const folded = new Map<string, Sum>();
  for (const { name } of streams) {
    const history = await store.stream<Flew<Flight>>(name).read().toArray();
    expect(isContiguous(history.map(({ version }) => version))).toBe(true);
    for (const { data } of history) add(folded, name, data.delay);
  }
  expect(folded).toEqual(expected);
  await store.close();
});

test("20,000 flights, one stream per route, folded per airport, equal the totals computed from the file", async () => {
  const flights = loadRoutedFlights();
  const path = temporaryPath();
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const streamOf = ({ origin, destination }: RoutedFlight): string => `${origin}-${destination}`;

  await importFlights(store, flights, streamOf);

  const expected = new Map<string, Sum>();
  for (const { origin, delay } of flights) add(expected, origin, delay);
  expect(await store.streams().toArray()).toHaveLength(2_977);

  // From one read of all streams, and from one filtered read for each airport.
  const inOrder = new Map<string, Sum>();
  for await (const { data } of store.read<Flew<RoutedFlight>>()) add(inOrder, data.origin, data.delay);
  expect(inOrder).toEqual(expected);
  const filtered = new Map<string, Sum>();
  for (const airport of expected.keys()) {
    const departures = store.read<Flew<RoutedFlight>>({ streamPrefix: `${airport}-` });
    for await (const { data } of departures) add(filtered, airport, data.delay);
  }
  expect(filtered).toEqual(expected);
  await store.close();
});

interface Sum {
  readonly flights: number;
  readonly delay: number;
  readonly worst: number;
}

function add(sums: Map<string, Sum>, key: string, delay: number): void {
  const { flights, delay: sum, worst } = sums.get(key) ?? { flights: 0, delay: 0, worst: -Infinity };
  sums.set(key, { flights: flights + 1, delay: sum + delay, worst: Math.max(worst, delay) });
}

/** In the order of the file. The id of each event names its flight. */
async function importFlights<F>(
  store: EventStore,
  flights: readonly F[],
  streamOf: (flight: F) => string,
): Promise<{ added: number; known: number }> {
  let known = 0;
  for (let start = 0; start < flights.length; start += BATCH) {
    const entries = flights.slice(start, start + BATCH).map((flight, index): StreamAppend => {
      const event = { type: "flew", id: `flight-${start + index}`, data: flight };
      return { stream: streamOf(flight), events: event };
    });
    for (const { deduplicated } of await store.append(entries)) known += deduplicated;
  }
  return { added: flights.length - known, known };
}

/** The numbers from 1 on. */
function isContiguous(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => number === index + 1);
}
