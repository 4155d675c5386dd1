/** Snapshot and replay: loading from a snapshot skips the events before it, and gives the same state. */
import { openEventStore, type Event, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

type CounterEvent = Event<"incremented", { by: number }>;

interface Counter {
  readonly sum: number;
}

const ZERO: Counter = { sum: 0 };

function project({ sum }: Counter, event: StoredEvent<CounterEvent>): Counter {
  return { sum: sum + event.data.by };
}

await using store = await openEventStore(betterSqlite3());
const counter = store.stream<CounterEvent>("counter-1");

/** Loads from the newest snapshot, if there is one, and the events after it. */
async function load(): Promise<{ state: Counter; replayed: number }> {
  const snapshot = await counter.loadSnapshot<Counter>("sum");
  const events = await counter.read({ after: snapshot?.version ?? 0 }).toArray();
  return { state: events.reduce(project, snapshot?.state ?? ZERO), replayed: events.length };
}

await counter.append(Array.from({ length: 1000 }, (_, index) => ({ type: "incremented", data: { by: index } })));

const first = await load();
console.log(`without a snapshot: ${first.state.sum}, from ${first.replayed} events`);

const version = await counter.version();
await counter.saveSnapshot({ projection: "sum", version, state: first.state });
console.log(`saved at version ${version}; the stream is still at version ${await counter.version()}`);

await counter.append([
  { type: "incremented", data: { by: 7 } },
  { type: "incremented", data: { by: 8 } },
]);
const second = await load();
console.log(`with it: ${second.state.sum}, from ${second.replayed} events`);

const full = (await counter.read().toArray()).reduce(project, ZERO);
console.log(`from the start: ${full.sum}, ${full.sum === second.state.sum ? "the same" : "NOT the same"}`);
