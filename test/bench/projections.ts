import { openEventStore, type Event, type EventStore, type Projection } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineProjection } from "rivulet/projections";
import { join } from "node:path";
import { compare, estimate } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";

type Happened = Event<"happened", { index: number; note: string }>;

const FOLDED = 50_000;
const LARGE = 1_000_000;
const ROUNDS = 500;

/** Every event changes the state, so that listeners are called for each. */
const add = (sum: number, { data }: { data: { index: number } }): number => sum + data.index + 1;

function summing(every?: number): Projection<number, Happened> {
  return defineProjection<number, Happened>({
    name: "sum",
    initial: () => 0,
    on: { happened: add },
    ...(every !== undefined && { snapshots: { every } }),
  });
}

/** Folding and following with a state. */
export async function* benchProjections(folder: string): AsyncGenerator<Row> {
  yield* benchLoad(join(folder, "load.db"));
  yield* benchListener(join(folder, "listener.db"));
  yield* benchSnapshot(join(folder, "snapshot.db"));
}

async function* benchLoad(path: string): AsyncGenerator<Row> {
  await using store = await open(path, FOLDED);
  const stream = store.stream<Happened>("one");
  const projection = summing();
  const ours = {
    async run(): Promise<number> {
      return (await stream.load(projection)).version;
    },
  };
  const theirs = {
    async run(): Promise<number> {
      let sum = 0;
      let count = 0;
      for await (const event of stream.read()) {
        sum = add(sum, event);
        count += 1;
      }
      return sum > 0 ? count : 0;
    },
  };
  const options = { against: "reading it, and the same fold by hand", goal: 0.9 };
  yield comparisonRow(await compare("load without a snapshot, 50,000 events", ours, theirs, options));
}

async function* benchSnapshot(path: string): AsyncGenerator<Row> {
  await using store = await open(path, LARGE);
  const stream = store.stream<Happened>("one");
  const whole: number[] = [];
  for (let round = 0; round < 5; round++) whole.push(await milliseconds(() => stream.load(summing())));
  // One event less than a new snapshot needs, so that this one stays the newest.
  await stream.load(summing(LARGE));
  await stream.append(PAYLOADS.slice(0, 100).map((data) => ({ type: "happened", data })));
  const through: number[] = [];
  for (let round = 0; round < ROUNDS; round++) through.push(await milliseconds(() => stream.load(summing(LARGE))));
  const full = estimate(whole).median;
  yield measureRow({
    name: `load through a snapshot 100 events behind a million (median of ${ROUNDS})`,
    against: "the full fold",
    value: estimate(through.map((one) => (one / full) * 1_000)),
    unit: "thousandths",
    atMost: 1,
    figures: { full, through: estimate(through).median },
  });
}

async function* benchListener(path: string): AsyncGenerator<Row> {
  await using store = await open(path, 1_000);
  const stream = store.stream<Happened>("one");
  await using live = store.project(summing(), { stream: "one" });
  await live.caughtUp();
  const watcher = stream.watch({ after: 1_000 });
  const beyond: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const watched = watcher.next().then(() => performance.now());
    const told = new Promise<number>((resolve) => {
      const end = live.subscribe(() => {
        end();
        resolve(performance.now());
      });
    });
    await stream.append({ type: "happened", data: PAYLOADS[round] as Happened["data"] });
    beyond.push((await told) - (await watched));
  }
  yield measureRow({
    name: `append to a live projection's listener, beyond append to watcher (median of ${ROUNDS})`,
    value: estimate(beyond),
    unit: "ms",
    atMost: 0.3,
  });
}

async function open(path: string, events: number): Promise<EventStore> {
  const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
  const batch = PAYLOADS.map((data) => ({ type: "happened", data }));
  for (let done = 0; done < events; done += batch.length) await store.stream("one").append(batch);
  return store;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
