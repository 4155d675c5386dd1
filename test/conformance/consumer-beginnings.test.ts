import { memory, openEventStore, type Consumer, type Event, type EventStore } from "rivulet";
import {
  createRemoteStorage,
  createStorageServer,
  EventStoreError,
  type ConsumerMove,
  type EventStorage,
} from "rivulet/adapter";
import { defineConsumer } from "rivulet/consumers";
import { beforeEach, expect, test } from "vitest";
import { createChannel } from "../support/channel.ts";

type Counted = Event<"counted", number>;

const fromHead = defineConsumer<Counted>({
  name: "new",
  after: "head",
  retry: { delay: 1 },
  handler: ({ data }) => void seen.push(data),
});
let seen: number[] = [];

beforeEach(() => void (seen = []));

/** Opens a store on a storage with some methods replaced. */
function openWith(storage: EventStorage): Promise<EventStore> {
  return openEventStore({ name: "changed", open: () => Promise.resolve({ storage, verbs: {} }) });
}

/** A storage in memory with one event. */
async function openMemory(): Promise<EventStorage> {
  const { storage } = await memory().open();
  const store = await openWith({ ...storage, close: () => Promise.resolve() });
  await count(store, 0);
  return storage;
}

async function count(store: EventStore, data: number): Promise<void> {
  await store.stream("s").append({ type: "counted", data });
}

/** Calls wait until they are released. */
function createGate(): { readonly reached: Promise<void>; open(): void; pass(): Promise<void> } {
  let open = (): void => undefined;
  let arrive = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  return {
    reached,
    open: () => open(),
    pass() {
      arrive();
      return opened;
    },
  };
}

/** The lease is never granted. */
function withoutLease(storage: EventStorage): EventStorage {
  const acquireLease = () =>
    Promise.resolve({ held: false, remaining: 1, seen: { holder: "other", token: 1, expires: 1 } } as const);
  return { ...storage, leases: { ...storage.leases, acquireLease }, close: () => Promise.resolve() };
}

test("a consumer at the head that never gets its lease has begun, and reports that it has caught up", async () => {
  const storage = await openMemory();
  const store = await openWith(withoutLease(storage));
  const consumer = store.consume(fromHead);
  expect([await consumer.caughtUp(), consumer.status]).toEqual([1, "waiting"]);
  await count(store, 1);
  expect(await consumer.lag()).toBe(1);
  await consumer.close();
  await store.close();

  await handleAll(storage);
  expect(seen).toEqual([1]);
});

test("a consumer at the head that is closed right after its call has begun there", async () => {
  const storage = await openMemory();
  const store = await openWith(withoutLease(storage));
  const closing = store.consume(fromHead).close();
  const appended = count(store, 1);
  await Promise.all([closing, appended]);
  await store.close();

  await handleAll(storage);
  expect(seen).toEqual([1]);
});

test.each(["caughtUp", "lag", "close"] as const)(
  "%s of a consumer at the head waits until its first checkpoint is durable, and so do later appends",
  async (verb) => {
    const storage = await openMemory();
    const gate = createGate();
    const consumers: EventStorage["consumers"] = {
      ...storage.consumers,
      async moveConsumer(move) {
        if (move.fence === undefined) await gate.pass();
        return storage.consumers.moveConsumer(move);
      },
    };
    const store = await openWith({ ...storage, consumers });
    const consumer = store.consume(fromHead);
    await gate.reached;
    const settled: string[] = [];
    const asked: Promise<unknown> = Promise.resolve(consumer[verb]()).then(() => settled.push(verb));
    const appended = count(store, 1).then(() => settled.push("append"));
    await turns();
    expect(settled).toEqual([]);
    expect(await storage.head()).toBe(1);

    gate.open();
    await Promise.all([asked, appended]);
    expect(await storage.consumers.loadCheckpoint("new")).toBeLessThanOrEqual(2);
    await consumer.close();
    const again = store.consume(fromHead);
    await again.caughtUp();
    await store.close();
    expect(seen).toEqual([1]);
  },
);

test.each(["storage-full", "storage-unavailable"] as const)(
  "closing a consumer whose first checkpoint then fails with %s rejects, also if the store appends meanwhile",
  async (code) => {
    const storage = await openMemory();
    const gate = createGate();
    const consumers: EventStorage["consumers"] = {
      ...storage.consumers,
      async moveConsumer() {
        await gate.pass();
        throw new EventStoreError<"storage-full" | "storage-unavailable">(code, "not now", {});
      },
    };
    const store = await openWith({ ...storage, consumers });
    const consumer = store.consume(fromHead);
    await gate.reached;
    const closing = consumer.close();
    const appended = count(store, 1);
    gate.open();

    await expect(closing).rejects.toMatchObject({ code: "consumer-failed", cause: { code } });
    await expect(consumer.ended).rejects.toMatchObject({ code: "consumer-failed" });
    await appended;
    await store.close();
  },
);

test("a first checkpoint that is saved only after a retry is at the head as of the call", async () => {
  const storage = await openMemory();
  let failures = 3;
  const begun: ConsumerMove["checkpoint"][] = [];
  const consumers: EventStorage["consumers"] = {
    ...storage.consumers,
    async moveConsumer(move) {
      if (move.fence === undefined && failures-- > 0) throw new EventStoreError("storage-full", "no room", {});
      if (move.fence === undefined) begun.push(move.checkpoint);
      return storage.consumers.moveConsumer(move);
    },
  };
  const store = await openWith({ ...storage, consumers });
  const consumer = store.consume(fromHead);
  const failed = new Promise<unknown>((resolve) => consumer.subscribe(({ failing }) => resolve(failing?.error)));
  await Promise.all([count(store, 1), count(store, 2)]);
  expect(await failed).toMatchObject({ code: "storage-full" });
  await consumer.caughtUp();
  await store.close();
  expect(seen).toEqual([1, 2]);
  expect(begun).toEqual([{ from: null, to: 1 }]);
});

test.each<{ what: string; start: (store: EventStore) => { first(): Promise<unknown> } }>([
  {
    what: "a watch",
    start(store) {
      const watcher = store.watch({ after: "head" });
      return { first: async () => (await watcher.next()).value.data };
    },
  },
  {
    what: "a watch of a stream",
    start(store) {
      const watcher = store.stream("s").watch({ after: "head" });
      return { first: async () => (await watcher.next()).value.data };
    },
  },
  {
    what: "a consumer",
    start(store) {
      const consumer: Consumer = store.consume(fromHead);
      return { first: async () => (await consumer.caughtUp(2), seen[0]) };
    },
  },
])("the head of $what is not later because the answer was lost and it is asked anew", async ({ start }) => {
  const storage = await openMemory();
  // Every request is executed, but no answer returns.
  const deaf = createChannel();
  const server = createStorageServer(storage, { defer: setImmediate });
  server.connect({ ...deaf.server, postMessage: () => undefined });
  const remote = createRemoteStorage(deaf.client, { capabilities: [] });
  const store = await openWith(remote);
  const started = start(store);
  const appended = count(store, 7);
  await turns();

  const sound = createChannel();
  server.connect(sound.server);
  remote.reconnect(sound.client);
  await appended;
  expect(await started.first()).toBe(7);
  remote.end(new EventStoreError("store-closed", "over", {}));
  deaf.close();
  sound.close();
});

/** Handles the stored events in another store, with a lease. */
async function handleAll(storage: EventStorage): Promise<void> {
  const store = await openWith(storage);
  await store.consume(fromHead).caughtUp();
  await store.close();
}

/** Waits until everything that needs only turns of the event loop has happened. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}
