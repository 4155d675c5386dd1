import * as fc from "fast-check";
import { EventStoreError, isEventStoreError, memory, openEventStore, type EventStore } from "rivulet";
import { createRemoteStorage, createStorageServer, type AppendRequest, type EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { createChannel } from "../support/channel.ts";
import { overChannel, serve } from "../support/remote-adapter.ts";
import { temporaryPath } from "../support/temporary.ts";
import { until } from "../support/until.ts";

test("appends made in one turn of the event loop are one message each way, however many there are", async () => {
  const adapter = overChannel(memory());
  await using store = await openEventStore(adapter);
  const { sent } = adapter.channel();
  const [asked, answered] = [sent.client.length, sent.server.length];

  await Promise.all(Array.from({ length: 100 }, (_, index) => store.stream(`s-${index}`).append({ type: "happened" })));

  expect(sent.client.slice(asked)).toHaveLength(1);
  expect(sent.server.slice(answered)).toHaveLength(1);
});

test("a read is one message each way per page, and the page's bytes are transferred", async () => {
  const path = temporaryPath();
  const adapter = overChannel({
    name: "bytes",
    open: () => betterSqlite3({ path, worker: true }).open(),
  });
  await using store = await openEventStore(adapter);
  await store.stream("long").append(Array.from({ length: 1000 }, (_, data) => ({ type: "counted", data })));
  const { sent, transferred } = adapter.channel();
  const before = sent.client.length;

  const events = await store.read().toArray();

  const pages = sent.client.length - before;
  expect(events.map((event) => event.data)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  expect(pages).toBeGreaterThan(1);
  expect(pages).toBeLessThanOrEqual(4);
  expect(transferred.count).toBe(pages);
});

test("news of a change is one message, and none is sent without a watcher", async () => {
  const adapter = overChannel(memory());
  await using store = await openEventStore(adapter);
  await store.stream("s").append({ type: "unwatched" });
  const { sent } = adapter.channel();
  expect(sent.server.filter(isNews)).toHaveLength(0);

  const watcher = store.watch({ after: "head" });
  const next = watcher.next();
  await store.head();
  await store.stream("s").append([{ type: "watched" }, { type: "watched" }]);
  expect((await next).value).toMatchObject({ position: 2 });
  expect(sent.server.filter(isNews)).toHaveLength(1);

  await watcher.return?.();
  await store.stream("s").append({ type: "unwatched" });
  expect(sent.server.filter(isNews)).toHaveLength(1);
});

test("errors arrive with their code and details", async () => {
  await using store = await openEventStore(overChannel(memory()));
  const stream = store.stream("s");
  await stream.append([{ type: "a", id: "one" }, { type: "b" }]);

  const conflict: unknown = await stream.append({ type: "c" }, { expectedVersion: 1 }).catch((error: unknown) => error);
  const twin: unknown = await stream.append({ type: "other", id: "one" }).catch((error: unknown) => error);

  expect(isEventStoreError(conflict, "version-conflict") && conflict.details).toMatchObject({
    stream: "s",
    expected: 1,
    actual: 2,
    complete: true,
    events: [{ type: "b", version: 2 }],
  });
  expect(isEventStoreError(twin, "event-id-conflict") && twin.details).toEqual({ id: "one", position: 1 });
});

test("a slow reader is sent at most the page that it is using and the next", async () => {
  const adapter = overChannel(memory());
  await using store = await openEventStore(adapter);
  await store.stream("long").append(Array.from({ length: 5000 }, () => ({ type: "happened" })));
  const { sent } = adapter.channel();
  const before = sent.client.length;

  const reader = store.read();
  await reader.next();
  await store.head();

  // Two pages, and the request for the head.
  expect(sent.client.length - before).toBe(3);
  await reader.return?.();
});

test("an aborted call rejects at once, even if the answer never comes", async () => {
  const channel = createChannel();
  const { storage } = await memory().open();
  serve(storage, channel);
  const store = await openEventStore({
    name: "cut",
    open: () => Promise.resolve({ storage: createRemoteStorage(channel.client, { capabilities: [] }), verbs: {} }),
  });
  channel.cut();
  const controller = new AbortController();
  const reason = new Error("enough");
  const calls = [
    store.stream("s").append({ type: "happened" }, { signal: controller.signal }),
    store.read({ signal: controller.signal }).next(),
    store.watch({ signal: controller.signal }).next(),
    store.streams({ signal: controller.signal }).next(),
  ];

  controller.abort(reason);

  const outcomes = await Promise.allSettled(calls);
  expect(outcomes).toEqual(calls.map(() => ({ status: "rejected", reason })));
  channel.close();
});

test("when the other side is gone for good, waiting and later calls reject with worker-lost, and an append that was sent rejects with its ids", async () => {
  const channel = createChannel();
  const { storage } = await memory().open();
  serve(storage, channel);
  const remote = createRemoteStorage(channel.client, { capabilities: [] });
  const store = await openEventStore({ name: "lost", open: () => Promise.resolve({ storage: remote, verbs: {} }) });
  channel.cut();
  const append = store.stream("s").append([
    { type: "happened", id: "a" },
    { type: "happened", id: "b" },
  ]);
  const other = store.stream("t").append({ type: "happened", id: "c" });
  const waiting = [store.read().next(), store.watch().next(), store.head()];
  // The appends and all earlier requests have been sent.
  await Promise.resolve();

  remote.lost("it was ended by the test");

  await expect(append).rejects.toMatchObject({ code: "outcome-unknown", details: { ids: ["a", "b"] } });
  await expect(other).rejects.toMatchObject({ code: "outcome-unknown", details: { ids: ["c"] } });
  const late = store.stream("s").append({ type: "late" });
  const outcomes = await Promise.allSettled([...waiting, late, store.info(), store.stream("s").version()]);
  for (const outcome of outcomes) {
    expect(outcome.status === "rejected" && isEventStoreError(outcome.reason, "worker-lost")).toBe(true);
  }
  await store.close();
  channel.close();
});

test("calls wait for a connection; if it is refused, appends that were never sent are not stored, and later calls succeed", async () => {
  const { storage } = await memory().open();
  let waiting = 0;
  const remote = createRemoteStorage(undefined, { capabilities: [], onWaiting: () => (waiting += 1) });
  const store = await openEventStore({ name: "late", open: () => Promise.resolve({ storage: remote, verbs: {} }) });
  const unavailable = new EventStoreError("storage-unavailable", "nobody is there", { reason: "test" });
  const append = (id: string): Promise<unknown> =>
    store
      .stream("s")
      .append({ type: "happened", id })
      .catch((error: unknown) => error);

  const unsent = append("unsent");
  await expect.poll(() => waiting).toBe(1);
  remote.refuse(unavailable);
  expect(await unsent).toBe(unavailable);

  const [lost, next] = [createChannel(), createChannel()];
  lost.cut();
  remote.reconnect(lost.client);
  const sent = append("sent");
  await Promise.resolve();
  remote.disconnect();
  expect(waiting).toBe(2);
  remote.refuse(unavailable);
  expect(await sent).toMatchObject({ code: "outcome-unknown", details: { ids: ["sent"] } });

  const resent = append("sent");
  serve(storage, next);
  await Promise.resolve();
  remote.reconnect(next.client);
  expect(await resent).toMatchObject({ position: 1, deduplicated: 0 });
  await store.close();
  for (const channel of [lost, next]) channel.close();
});

test("a client that appends alone waits for nobody; when clients append alternately, their appends are one batch", async () => {
  const { storage } = await memory().open();
  const batches: number[] = [];
  const append = (requests: readonly AppendRequest[]): ReturnType<EventStorage["append"]> => {
    batches.push(requests.length);
    return storage.append(requests);
  };
  const deferred: (() => void)[] = [];
  const server = createStorageServer({ ...storage, append }, { defer: (task) => void deferred.push(task) });
  const channels = [createChannel(), createChannel()];
  const [one, two] = await Promise.all(
    channels.map(async ({ client, server: far }) => {
      server.connect(far);
      const remote = createRemoteStorage(client, { capabilities: [] });
      const store = await openEventStore({ name: "one of two", open: async () => ({ storage: remote, verbs: {} }) });
      return store.stream("s");
    }),
  );
  const counted = { type: "counted" };

  for (let index = 0; index < 3; index++) await one?.append(counted);
  expect(batches).toEqual([1, 1, 1]);

  const two1 = two?.append(counted);
  const two2 = two?.append(counted);
  await until(() => deferred.length === 1);
  const one1 = one?.append(counted);
  // A later request is answered only after it has arrived.
  expect(await one?.version()).toBe(3);
  for (const task of deferred) task();
  await Promise.all([two1, two2, one1]);

  expect(batches.slice(3)).toEqual([3]);
  for (const channel of channels) channel.close();
  await storage.close();
});

test("after a connection is lost and restored at any point, every append is stored once and in order, and a watcher misses nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
      fc.integer({ min: 1, max: 12 }),
      // The application's own ids, which start anew here: the first ones belong to equal events.
      fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      async (cuts, delays, appends, foreign) => {
        const delay = (): number => delays.next().value as number;
        const { storage } = await memory().open();
        if (foreign !== undefined) await appendCounted(storage, foreign);
        const server = createStorageServer(storage, { defer: setImmediate });
        const channels = [...cuts, Infinity].map((cut) =>
          createChannel({ delay, cutAt: (message) => message === cut }),
        );
        for (const channel of channels) server.connect(channel.server);
        const [first, ...later] = channels;
        const remote = createRemoteStorage(first?.client, { capabilities: [] });
        const store = await openEventStore(
          {
            name: "cut",
            open: () => Promise.resolve({ storage: remote, verbs: {} }),
          },
          foreign === undefined ? {} : { newId: counter() },
        );
        const before = foreign ?? 0;

        const seen = collect(store, appends, before);
        const results = (async () => {
          for (let index = 0; index < appends; index++) {
            await store.stream("s").append({ type: "counted", data: index }, { expectedVersion: before + index });
          }
        })();
        for (const channel of later) {
          await settled(delay);
          remote.reconnect(channel.client);
        }
        await results;

        expect(await seen).toEqual(Array.from({ length: appends }, (_, index) => index));
        expect((await store.read({ after: before }).toArray()).map((event) => event.data)).toEqual(await seen);
        await storage.close();
        for (const channel of channels) channel.close();
      },
    ),
    { numRuns: 60 },
  );
});

function counter(): () => string {
  let count = 0;
  return () => String(++count);
}

/** An earlier process. */
async function appendCounted(storage: EventStorage, count: number): Promise<void> {
  const adapter = { name: "earlier", open: () => Promise.resolve({ storage, verbs: {} }) };
  const store = await openEventStore(adapter, { newId: counter(), clock: () => 1 });
  for (let index = 0; index < count; index++) await store.stream("s").append({ type: "counted", data: index });
}

async function collect(store: EventStore, count: number, after: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const event of store.watch({ after })) {
    seen.push(event.data);
    if (seen.length === count) break;
  }
  return seen;
}

async function settled(delay: () => number): Promise<void> {
  for (let turns = 5 + delay() * 5; turns > 0; turns--) await new Promise(setImmediate);
}

function isNews(message: unknown): boolean {
  return typeof message === "object" && message !== null && "news" in message;
}

test("a watcher is sent the appends of others without asking, and reads many events at its own pace", async () => {
  const adapter = overChannel(memory());
  await using store = await openEventStore(adapter);
  const stream = store.stream<{ type: "counted"; data: number }>("counted");
  const seen: number[] = [];
  const abort = new AbortController();
  const caughtUp = new Promise<void>((resolve) => {
    const watcher = stream.watch({ signal: abort.signal, onCaughtUp: resolve });
    void (async () => {
      for await (const { data } of watcher) seen.push(data);
    })().catch(() => undefined);
  });
  await caughtUp;
  const { sent } = adapter.channel();
  const callsSince = (from: number): unknown[] => sent.client.slice(from).map((message) => (message as Request).call);

  const before = sent.client.length;
  for (let data = 0; data < 20; data++) {
    await stream.append({ type: "counted", data });
    await until(() => seen.length === data + 1);
  }
  expect(callsSince(before)).toEqual(Array.from({ length: 20 }, () => "append"));

  const much = sent.client.length;
  await stream.append(Array.from({ length: 150 }, (_, index) => ({ type: "counted", data: 20 + index })));
  await until(() => seen.length === 170);
  expect(callsSince(much)).toEqual(["append", "readPage"]);
  expect(seen).toEqual(Array.from({ length: 170 }, (_, index) => index));
  abort.abort();
});

interface Request {
  readonly call: string;
}
