import { openEventStore, type Event, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";

type Counted = Event<"counted", number>;

const counted = (data: number): Counted => ({ type: "counted", data });

const sum = defineProjection<number, Counted>({
  name: "sum",
  initial: () => 0,
  on: { counted: (state, { data }) => state + data },
  snapshots: { every: 50 },
});

const limited = defineDecider<number, number, Counted>({
  name: "limited",
  snapshots: { every: 50 },
  initial: () => 0,
  evolve: { counted: (state, { data }) => state + data },
  decide: (command) => counted(command),
});

const counts = table("counts", "stream TEXT PRIMARY KEY, n INTEGER NOT NULL");
const addTo = (stream: string): ReturnType<typeof sql> =>
  sql`INSERT INTO ${counts} VALUES (${stream}, 1) ON CONFLICT (stream) DO UPDATE SET n = n + 1`;
const model = defineReadModel({ name: "counts", tables: [counts], on: { counted: ({ stream }) => addTo(stream) } });

/** Does some operations, and resolves with how many. When it resolves, nothing of them goes on. */
export type Round = (round: number) => Promise<number>;

const STREAMS = 500;
/** Most events come in batches, so that many fit into the time. */
const BATCHES = 5;

/** A round of each kind of operation. All calls share the signal. `path`: the file of the store. */
export function roundsOf(store: EventStore, path: string, signal: AbortSignal): Readonly<Record<string, Round>> {
  const stream = (round: number): ReturnType<typeof store.stream<Counted>> =>
    store.stream<Counted>(`stream-${round % STREAMS}`);
  const head = (): Promise<number> => store.head();

  return {
    async appends(round) {
      await stream(round).append(counted(1));
      await Promise.all(Array.from({ length: 50 }, (_, n) => stream(round + n).append(counted(n))));
      await store.append([1, 2, 3].map((n) => ({ stream: `stream-${(round + n) % STREAMS}`, events: counted(n) })));
      return 54;
    },
    async batches(round) {
      for (let batch = 0; batch < BATCHES; batch++) {
        const events = Array.from({ length: 1_000 }, (_, n) => ({
          stream: `imported-${(round * BATCHES + batch) % STREAMS}-${n % 50}`,
          events: { type: "imported", data: n },
        }));
        await store.append(events);
      }
      return BATCHES * 1_000;
    },
    async duplicates(round) {
      const event = { ...counted(1), id: `soak-${round}` };
      await stream(round).append(event);
      await stream(round).append(event);
      await stream(round)
        .append(counted(1), { expectedVersion: "no-stream" })
        .catch(() => undefined);
      return 3;
    },
    async commands(round) {
      await stream(round).execute(limited, 1, { idempotencyKey: `soak-${round}` });
      await stream(round).execute(limited, 1, { idempotencyKey: `soak-${round}` });
      return 2;
    },
    async reads(round) {
      await stream(round).read({ direction: "backward", limit: 20, signal }).toArray();
      await store.read({ after: Math.max(0, (await head()) - 300), types: ["counted"], signal }).toArray();
      await store.read({ streamPrefix: `stream-${round % STREAMS}`, limit: 20, signal }).toArray();
      await store.read({ types: ["none"], signal }).toArray();
      for await (const _ of store.read({ signal })) break;
      await stream(round).load(sum, { signal });
      await store
        .at(Math.floor((await head()) / 2))
        .stream(`stream-${round % STREAMS}`)
        .read({ limit: 5 })
        .toArray();
      return 9;
    },
    async watches(round) {
      const after = await head();
      const watched = Array.from({ length: 20 }, async (_, n) => {
        for await (const event of store.watch({ after, signal, ...(n % 2 === 0 && { types: ["counted"] }) })) {
          if (event.position > after + 1) break;
        }
      });
      await stream(round).append([counted(1), counted(2)]);
      await Promise.all(watched);
      return 21;
    },
    async projections(round) {
      const live = store.project(sum, { stream: `stream-${round % STREAMS}` });
      const unsubscribe = live.subscribe(() => undefined);
      await live.caughtUp();
      await stream(round).append(counted(1));
      await live.caughtUp();
      unsubscribe();
      live.close();
      return 3;
    },
    async models(round) {
      const opened = await store.readModel(model);
      await opened.caughtUp();
      await opened.query(sql`SELECT n FROM ${counts} WHERE stream = ${`stream-${round % STREAMS}`}`);
      const live = opened.live(sql`SELECT count(*) AS n FROM ${counts}`);
      await live.caughtUp();
      live.close();
      await opened.close();
      return 4;
    },
    async consumers(round) {
      const name = `consumer-${round % 5}`;
      const after = Math.max(0, (await head()) - 10);
      const consumer = store.consume(defineConsumer({ name, after, types: ["counted"], handler: () => undefined }));
      await consumer.caughtUp();
      await consumer.close();
      return 2;
    },
    async exports() {
      let lines = 0;
      for await (const _ of store.exportEvents(ndjson, { after: Math.max(0, (await head()) - 200), signal }))
        lines += 1;
      for await (const _ of store.streams({ prefix: "stream-1", signal })) if (lines++ > 50) break;
      return 2;
    },
    async openings(round) {
      const other = await openEventStore(betterSqlite3({ path, durability: "normal", worker: round % 10 === 0 }));
      const watch = other.watch({ after: await other.head(), signal });
      const next = watch.next();
      await stream(round).append(counted(1));
      await next;
      await watch.return?.();
      await other.close();
      return 4;
    },
  };
}
