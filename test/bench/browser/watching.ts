import type { EventStore } from "rivulet";
import { estimate } from "../harness.ts";
import { formatNumber, measureRow, type Row } from "../row.ts";
import { repeat, timeEach, type Trip } from "./trips.ts";

const ROUNDS = 300;

/** From the acknowledgement of an append until its watcher has the event, in one tab. */
export async function measureWatcher(store: EventStore, trip: Trip): Promise<Row> {
  const stream = store.stream("watched");
  const watcher = stream.watch({ after: "head" });
  const arrivals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const arrival = watcher.next().then(() => performance.now());
    await stream.append({ type: "happened", data: round });
    const appended = performance.now();
    arrivals.push(Math.max(0, (await arrival) - appended));
  }
  await watcher.return?.();
  return watcherRow("append to watcher, same tab, beyond the append", arrivals, 2, trip);
}

/** The same with the watcher in another tab, which reports the event on a channel. */
export async function measureOtherWatcher(
  store: EventStore,
  noteName: string,
  startWatching: () => void,
  trip: Trip,
): Promise<Row> {
  const stream = store.stream("watched");
  const notes = new BroadcastChannel(noteName);
  let arrived = (): void => undefined;
  notes.addEventListener("message", () => arrived());
  await new Promise<void>((resolve) => {
    arrived = resolve;
    startWatching();
  });
  const arrivals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const arrival = new Promise<void>((resolve) => (arrived = resolve)).then(() => performance.now());
    await stream.append({ type: "happened", data: round });
    const appended = performance.now();
    arrivals.push(Math.max(0, (await arrival) - appended));
  }
  notes.close();
  return watcherRow(
    "append to watcher, another tab, beyond the append, and the note that it has it",
    arrivals,
    5,
    trip,
  );
}

async function watcherRow(name: string, arrivals: readonly number[], atMost: number, trip: Trip): Promise<Row> {
  const trips: number[] = [];
  for (let block = 0; block < 30; block++) trips.push(await timeEach(50, () => repeat(50, trip)));
  const one = estimate(trips).median;
  return measureRow({
    name: `${name} (median of ${arrivals.length})`,
    value: estimate(arrivals),
    unit: "ms",
    detail: `a raw round trip ${formatNumber(one)} ms`,
    atMost,
    figures: { trip: one },
  });
}
