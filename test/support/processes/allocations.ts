/**
 * Prints how many bytes JavaScript allocates for each append, delivery or read, as JSON. Arguments: a path, and as JSON the number of
 * bytes that is looked for. Run without an optimizing compiler, whose moment depends on the load, and with a young generation that takes
 * all of a round: then nothing is collected while it is measured.
 */
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";

const NOTED = { type: "noted", data: { text: "something" } };
/** Other things only add to a round, such as the end of a page of memory into which a long text did not fit: one without them is looked for. */
const MOST_ROUNDS = 80;
const LOOPS = 1_000;
const BATCH = 1_000;

const { gc } = globalThis as unknown as { readonly gc: () => void };
const path = process.argv[2] as string;
const bounds = JSON.parse(process.argv[3] as string) as Readonly<Record<string, number>>;

/** Something that allocates. Resolves with how many times the counted thing was done. */
type Work = (store: EventStore, round: number) => Promise<number>;

const count = defineProjection<number>({ name: "count", initial: () => 0, on: { noted: (state) => state + 1 } });
const texts = table("texts", "position INTEGER PRIMARY KEY, text TEXT NOT NULL");

async function appendBatch(store: EventStore): Promise<void> {
  await store.stream("one").append(Array.from({ length: BATCH }, () => NOTED));
}

/** Appends that loops wait for, each with a signal of its own. */
function deliver(loops: number): Work {
  let left = 0;
  let done = (): void => undefined;
  let ready: Promise<unknown> | undefined;
  const loop = async (store: EventStore, onCaughtUp: () => void): Promise<void> => {
    const { signal } = new AbortController();
    for await (const _ of store.stream("watched").watch({ after: "head", signal, onCaughtUp }))
      if (--left === 0) done();
  };
  return async (store) => {
    ready ??= Promise.all(
      Array.from({ length: loops }, () => new Promise<void>((resolve) => loop(store, resolve).catch(() => undefined))),
    );
    await ready;
    for (let index = 0; index < 20; index++) {
      left = loops;
      const arrived = new Promise<void>((resolve) => (done = resolve));
      await store.stream("watched").append(NOTED);
      await arrived;
    }
    return 20 * loops;
  };
}

/** Those of the whole store come first, while it is small. */
const WORKS: Readonly<Record<string, Work>> = {
  "an event that is read": async (store) => {
    let events = 0;
    for await (const _ of store.read({ limit: 1_800 })) events += 1;
    return events;
  },
  "an event that is folded": async (store, round) => {
    await store.load(count, { upTo: 1_800 + round });
    return 1_800 + round;
  },
  "an event that a consumer handles": async (store, round) => {
    const head = await store.head();
    await using consumer = store.consume(
      defineConsumer({ name: `consumer-${round}`, after: head - 1_000, handler: () => undefined }),
    );
    await consumer.caughtUp();
    return 1_000;
  },
  "an event of a read model": async (store, round) => {
    const model = defineReadModel({
      name: `texts_${round}`,
      tables: [texts],
      on: { noted: ({ position }) => sql`INSERT INTO ${texts} VALUES (${position}, ${"text"})` },
    });
    await using opened = await store.readModel(model);
    return await opened.caughtUp();
  },
  "an append that is awaited alone": async (store) => {
    for (let index = 0; index < 500; index++) await store.stream("one").append(NOTED);
    return 500;
  },
  "one of many appends at once": async (store) => {
    await Promise.all(Array.from({ length: 500 }, () => store.stream("one").append(NOTED)));
    return 500;
  },
  "an event of a batch": async (store) => {
    await appendBatch(store);
    return BATCH;
  },
  "an event for each loop that gets it": deliver(LOOPS),
};

const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
for (let batch = 0; batch < 2; batch++) await appendBatch(store);
const found: Record<string, number> = {};
for (const [name, most] of Object.entries(bounds)) {
  let least = Infinity;
  for (let round = 0; round < MOST_ROUNDS && least > most; round++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    const done = await (WORKS[name] as Work)(store, round);
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / done);
  }
  found[name] = least;
}
await store.close();
console.log(JSON.stringify(found));
