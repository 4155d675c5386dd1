/**
 * One of several processes on one file. It waits for "open" and for "go", works, and ends with "done" and what it did
 * as JSON; anything that goes wrong ends it with an error. Arguments: the file, its name, the work, how many times, whether
 * in a worker.
 */
import { createInterface } from "node:readline";
import { isEventStoreError, openEventStore, type Event, type EventStore } from "rivulet";
import { givenEngine } from "../given-engine.ts";

type Counted = Event<"counted", { by: string; count: number }>;

const IN_FLIGHT = 8;

const [path = "", name = "", work = "", times = "", worker = ""] = process.argv.slice(2);
const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const count = Number(times);

async function told(order: string): Promise<void> {
  const { value } = await orders.next();
  if (value !== order) throw new Error(`told to "${String(value)}" instead of "${order}"`);
}

const adapter = await givenEngine();

const open = (): Promise<EventStore> => openEventStore(adapter({ path, worker: worker === "true" }));

/** Whatever the version, several at a time: to a stream of its own and to one that all write to. */
async function appendAny(store: EventStore): Promise<object> {
  let next = 0;
  const positions: number[] = [];
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < count) {
        const data = { by: name, count: next++ };
        const stream = data.count % 2 === 0 ? "shared" : `own-${name}`;
        const { position } = await store.stream(stream).append({ type: "counted", data });
        positions.push(position);
      }
    }),
  );
  return { positions };
}

/** Counts on from what the stream says, with its version as the condition; a conflict brings what was not yet seen. */
async function appendExpecting(store: EventStore): Promise<object> {
  const counter = store.stream<Counted>("counter");
  let [version, total, conflicts] = [0, 0, 0];
  for (let added = 0; added < count;) {
    try {
      await counter.append({ type: "counted", data: { by: name, count: total + 1 } }, { expectedVersion: version });
      version += 1;
      total += 1;
      added += 1;
    } catch (error) {
      if (!isEventStoreError(error, "version-conflict")) throw error;
      conflicts += 1;
      for (const event of error.details.events) {
        version = event.version;
        total = (event.data as Counted["data"]).count;
      }
    }
  }
  return { conflicts };
}

/** The very same appends as every other process. */
async function appendSame(store: EventStore): Promise<object> {
  const results = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      store.stream(`same-${index % 3}`).append({ type: "sent", id: `message-${index}`, data: { index } }),
    ),
  );
  return { deduplicated: results.reduce((sum, { deduplicated }) => sum + deduplicated, 0) };
}

/** Opens, appends and closes again and again, so that some process is always the last to leave. */
async function comeAndGo(): Promise<object> {
  for (let round = 0; round < count; round++) {
    const store = await open();
    await store.stream("visits").append({ type: "visited", data: { name, round } });
    await store.close();
  }
  return {};
}

async function withStore(append: (store: EventStore) => Promise<object>): Promise<object> {
  await told("open");
  const store = await open();
  console.log("opened");
  await told("go");
  const done = await append(store);
  await store.close();
  return done;
}

async function run(): Promise<object> {
  console.log("ready");
  switch (work) {
    case "any":
      return withStore(appendAny);
    case "expecting":
      return withStore(appendExpecting);
    case "same":
      return withStore(appendSame);
    case "come-and-go":
      await told("open");
      return comeAndGo();
    default:
      throw new Error(`unknown work "${work}"`);
  }
}

console.log(`done ${JSON.stringify(await run())}`);
// In Deno and Bun, standard input keeps the process alive even when it is destroyed.
process.stdout.write("", () => process.exit());
