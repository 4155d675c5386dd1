import { memory, openEventStore, type EventStore } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";
import { follow, type FetchLike, type FollowOptions, type Replica } from "rivulet/sync";
import { createHub, type Hub } from "rivulet/sync/hub";
import { join } from "node:path";
import { appendOneByOne } from "./append-loops.ts";
import { benchFollowing } from "./following.ts";
import { compare, estimate } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, measureRow, type Row } from "./row.ts";

const HISTORY = 10_000;
const FOLLOWERS = 1_000;
/** The time of a round trip, in milliseconds, over the network with a delay. */
const TRIP = 40;

const CASES = {
  pending: benchPending,
  confirmation: benchConfirmation,
  history: benchHistory,
  followers: benchFollowers,
  following: benchFollowing,
};

/** What can be measured alone. */
export const REPLICA_CASES: readonly string[] = Object.keys(CASES);

/** Replicas of a hub in the same process, without a network unless one is named. */
export async function* benchReplicas(folder: string, only?: string): AsyncGenerator<Row> {
  for (const [name, bench] of Object.entries(CASES)) if (only === undefined || only === name) yield* bench(folder);
}

async function* benchPending(folder: string): AsyncGenerator<Row> {
  await using atHub = await openEventStore(memory());
  const network = createNetwork(hubOf(atHub));
  await using local = await openEventStore(betterSqlite3({ path: join(folder, "local.db") }));
  await using store = await openEventStore(betterSqlite3({ path: join(folder, "pending.db") }));
  await using replica = await startReplica(store, network.fetch);
  const stream = replica.stream("one");
  for (let warm = 0; warm < 80; warm++) {
    const events = PAYLOADS.map((data) => ({ type: "happened", data }));
    await local.stream("other").append(events);
    await store.stream("other").append(events);
  }
  for (const [waiting, goal] of [
    [0, 0.83],
    [200, undefined],
  ] as const) {
    const count = 100;
    const name = waiting === 0 ? "one awaited append that is pending, FULL" : `the same, ${waiting} waiting before it`;
    yield comparisonRow(
      await compare(
        name,
        {
          async prepare() {
            network.offline = false;
            replica.hurry();
            await replica.flush();
            network.offline = true;
            for (let index = 0; index < waiting; index++) {
              await stream.append({ type: "happened", data: PAYLOADS[index % 1000] });
            }
          },
          async run() {
            for (const data of PAYLOADS.slice(0, count)) await stream.append({ type: "happened", data });
            return count;
          },
        },
        { run: () => appendOneByOne(local, count) },
        { against: "a local append", ...(goal !== undefined && { goal }), blocks: waiting === 0 ? 30 : 5 },
      ),
    );
  }
}

async function* benchConfirmation(folder: string): AsyncGenerator<Row> {
  await using atHub = await openEventStore(betterSqlite3({ path: join(folder, "hub.db") }));
  const network = createNetwork(hubOf(atHub), TRIP / 2);
  await using store = await openEventStore(betterSqlite3({ path: join(folder, "device.db") }));
  await using replica = await startReplica(store, network.fetch);
  await live(replica);
  const trips: number[] = [];
  for (let round = 0; round < 30; round++) {
    const started = performance.now();
    const { confirmed } = await replica.stream("one").append({ type: "happened", data: round });
    await confirmed;
    trips.push((performance.now() - started) / TRIP);
  }
  yield measureRow({
    name: `an append until it is confirmed, a round trip being ${TRIP} ms (median of 30)`,
    value: estimate(trips),
    unit: "round trips",
    atMost: 2,
  });
}

async function* benchHistory(folder: string): AsyncGenerator<Row> {
  await using atHub = await openEventStore(memory());
  for (let batch = 0; batch < HISTORY / 1_000; batch++) {
    const events = PAYLOADS.map((data) => ({ type: "happened", data }));
    await atHub.stream(`stream-${batch}`).append(events);
  }
  const hub = hubOf(atHub);
  const recorded = await recordPull(hub, folder);
  const text: string[] = [];
  for await (const line of atHub.exportEvents(ndjson)) text.push(line);
  let files = 0;
  let opened: EventStore[] = [];
  const open = async (): Promise<EventStore> => {
    const store = await openEventStore(betterSqlite3({ path: join(folder, `history-${++files}.db`) }));
    opened.push(store);
    return store;
  };
  let store: EventStore;
  const prepare = async (): Promise<void> => {
    for (const one of opened) await one.close();
    opened = [];
    store = await open();
  };
  const imports = {
    prepare,
    async run() {
      await store.importEvents(ndjson, text);
      return HISTORY;
    },
  };
  const first = (fetch: FetchLike) => ({
    prepare,
    async run() {
      await using replica = await startReplica(store, fetch);
      await live(replica);
      if ((await store.head()) !== HISTORY) throw new Error("the history is not complete");
      return HISTORY;
    },
  });
  yield comparisonRow(
    await compare(
      `${HISTORY.toLocaleString("en")} events of history, as they arrived from a hub, FULL`,
      first(recorded),
      imports,
      {
        against: "importing the same",
        goal: 0.8,
      },
    ),
  );
  yield comparisonRow(
    await compare("the same, with the hub's work in the same thread", first(createNetwork(hub).fetch), imports, {
      against: "importing the same",
      blocks: 10,
    }),
  );
  for (const one of opened) await one.close();
}

async function* benchFollowers(_folder: string): AsyncGenerator<Row> {
  const { storage } = await memory().open();
  let reads = 0;
  const counted: EventStorage = {
    ...storage,
    readPage(query) {
      reads += 1;
      return storage.readPage(query);
    },
  };
  await using atHub = await openEventStore({ name: "counted", open: async () => ({ storage: counted, verbs: {} }) });
  const hub = hubOf(atHub);
  const stores = await Promise.all(Array.from({ length: FOLLOWERS }, () => openEventStore(memory())));
  const replicas = await Promise.all(stores.map((store) => startReplica(store, createNetwork(hub).fetch)));
  await Promise.all(replicas.map(live));
  const spreads: number[] = [];
  const counts: number[] = [];
  for (let round = 0; round < 10; round++) {
    const before = reads;
    const told = stores.map((store) => {
      const watcher = store.watch({ after: "head" });
      return watcher.next().then(() => watcher.return?.());
    });
    await turn();
    const started = performance.now();
    await atHub.stream("one").append({ type: "happened", data: round });
    await Promise.all(told);
    spreads.push(performance.now() - started);
    counts.push(reads - before);
  }
  yield measureRow({
    name: `an append at the hub until the last of ${FOLLOWERS.toLocaleString("en")} replicas has stored it (median of 10)`,
    value: estimate(spreads),
    unit: "ms",
    detail: `${Math.max(...counts)} read at the hub`,
    atMost: 100,
  });
  for (const replica of replicas) await replica.close();
  for (const store of stores) await store.close();
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function hubOf(store: EventStore): Hub {
  let client = 0;
  return createHub(store, { authenticate: () => ++client, mayAppend: () => true });
}

function startReplica(store: EventStore, fetch: FetchLike): Promise<Replica> {
  const options: FollowOptions = { url: "https://hub.test", fetch, streams: ["one"], streamPrefixes: ["stream-"] };
  return follow(store, options);
}

/** Resolves once a replica has caught up. */
function live(replica: Replica): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (replica.status.connection !== "live") return;
      stop();
      resolve();
    };
    const stop = replica.subscribe(look);
    look();
  });
}

/** A network in the process, which may be off, and whose messages take so many milliseconds each way. */
function createNetwork(hub: Hub, delay = 0): { fetch: FetchLike; offline: boolean } {
  const after = (): Promise<void> => (delay === 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, delay)));
  const network = {
    offline: false,
    fetch: async (url: string, init: Parameters<FetchLike>[1]) => {
      if (network.offline && url.endsWith("/push")) throw new Error("no network");
      await after();
      const { status, headers, body } = await hub.fetch(new Request(url, init));
      await after();
      const reader = body?.getReader();
      let started = false;
      return {
        status,
        headers,
        body: reader && {
          getReader: () => ({
            async read() {
              const piece = await reader.read();
              if (started) await after();
              started = true;
              return piece;
            },
            cancel: (reason?: unknown) => reader.cancel(reason),
          }),
        },
      } as never;
    },
  };
  return network;
}

/** An answer of a hub, as it was recorded. */
interface Answer {
  readonly headers: { get(name: string): string | null };
  readonly pieces: Uint8Array[];
  ended: boolean;
}

/** Records what a hub sends of its history, to answer the same requests with the same. */
async function recordPull(hub: Hub, folder: string): Promise<FetchLike> {
  const answers = new Map<string, Answer>();
  await using store = await openEventStore(betterSqlite3({ path: join(folder, "recorded.db") }));
  const network = createNetwork(hub);
  const recording: FetchLike = async (url, init) => {
    const response = await network.fetch(url, init);
    const reader = response.body?.getReader();
    const answer: Answer = { headers: response.headers ?? { get: () => null }, pieces: [], ended: false };
    answers.set(init.body, answer);
    const read = async () => {
      const piece = (await reader?.read()) ?? { done: true };
      answer.ended = piece.done;
      if (piece.value !== undefined) answer.pieces.push(piece.value);
      return piece;
    };
    return { ...response, body: { getReader: () => ({ read, cancel: () => reader?.cancel() ?? Promise.resolve() }) } };
  };
  const replica = await startReplica(store, recording);
  await live(replica);
  await replica.close();
  return (_url, init) => {
    const answer = answers.get(init.body);
    if (answer === undefined) {
      // Ends the process: a replica would only try again.
      queueMicrotask(() => {
        throw new Error(`this request was not recorded: ${init.body}`);
      });
      return Promise.reject(new Error("not recorded"));
    }
    const { headers, ended } = answer;
    const left = [...answer.pieces];
    const read = (): Promise<{ done: boolean; value?: Uint8Array }> => {
      const value = left.shift();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      if (ended) return Promise.resolve({ done: true });
      return new Promise((_resolve, reject) =>
        init.signal.addEventListener("abort", () => reject(new Error("closed")), { once: true }),
      );
    };
    return Promise.resolve({
      status: 200,
      headers,
      body: { getReader: () => ({ read, cancel: () => Promise.resolve() }) },
    });
  };
}
