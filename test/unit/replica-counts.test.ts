/** How many requests and reads replicas cost. */
import { memory, openEventStore } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { follow, type FetchLike } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { createTestHub } from "rivulet/testing";
import { expect, test } from "vitest";
import { sharedMemory } from "../support/counting-adapter.ts";
import { openInMemoryClient } from "../support/sync/slow-client.ts";
import { until } from "../support/sync/until.ts";

const note = { type: "noted", data: { label: "a" } };

test("a change at the hub is read once, however many replicas follow", async () => {
  const { open } = await sharedMemory();
  const { store: atHub, calls } = await open();
  let client = 0;
  const hub = createHub(atHub, { authenticate: () => ++client });
  const fetch: FetchLike = (url, init) => hub.fetch(new Request(url, init));
  const devices = await Promise.all(Array.from({ length: 30 }, () => openInMemoryClient(fetch, "account-")));
  for (const { replica } of devices) await until(replica, () => replica.status.connection === "live");
  for (let round = 1; round <= 3; round++) {
    calls.length = 0;
    await atHub.stream("account-1").append(note);
    for (const { replica, store } of devices) await until(replica, async () => (await store.head()) === round);
    expect(calls.filter((call) => call !== "append").length).toBeLessThanOrEqual(1);
  }
});

test("a replica to which nothing happens makes no request: heartbeats arrive in the one that is open", async () => {
  await using hub = await createTestHub({ limits: { heartbeat: 2 } });
  let pieces = 0;
  const counting: FetchLike = async (url, init) => {
    const response = await hub.fetch(url, init);
    const reader = response.body?.getReader();
    if (reader === undefined) return response;
    const read: typeof reader.read = async () => {
      const piece = await reader.read();
      pieces += 1;
      return piece;
    };
    return { ...response, body: { getReader: () => ({ read, cancel: (reason) => reader.cancel(reason) }) } };
  };
  const { replica } = await openInMemoryClient(counting, "account-");
  await until(replica, () => replica.status.connection === "live");
  const before = pieces;

  await expect.poll(() => pieces - before).toBeGreaterThan(10);

  expect(hub.requests).toBe(1);
});

test("a confirmed append costs one request beside the pull that is open", async () => {
  await using hub = await createTestHub();
  const { replica } = await openInMemoryClient(hub.fetch, "account-");
  await until(replica, () => replica.status.connection === "live");
  for (let round = 0; round < 5; round++) {
    await (
      await replica.stream("account-1").append(note)
    ).confirmed;
  }

  expect(hub.requests).toBe(1 + 5);
});

test("what was done offline is sent in as few requests as a push may have entries", async () => {
  await using hub = await createTestHub();
  const { replica } = await openInMemoryClient(hub.fetch, "account-");
  await until(replica, () => replica.status.connection === "live");
  hub.offline();
  await until(replica, () => replica.status.connection === "offline");
  const waiting = [];
  for (let index = 0; index < 250; index++) waiting.push((await replica.stream("account-1").append(note)).confirmed);
  hub.online();
  const before = hub.requests;
  replica.hurry();
  await Promise.all(waiting);

  // A pull, and a push for each hundred; one may have failed while the hub could not be reached.
  expect(hub.requests - before).toBeLessThanOrEqual(1 + 3 + 1);
});

test("clients that may see the same share a line, and others get their own", async () => {
  await using store = await openEventStore(memory());
  let client = 0;
  const hub = createHub(store, {
    authenticate: () => ++client,
    mayFollow: (number, stream) => number !== 2 || stream !== "account-2",
  });
  const items = [{ kind: "prefix", name: "account-", position: 0, mark: null }];
  const body = JSON.stringify({ protocol: 1, lineage: null, items, live: true });
  const readers = [];
  for (let count = 0; count < 3; count++) {
    const { body: lines } = await hub.fetch(new Request("https://hub.test/pull", { method: "POST", body }));
    const reader = (lines as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    readers.push(reader);
  }
  const next = Promise.all(readers.map((reader) => reader.read()));
  await store.append(["account-1", "account-2", "account-1"].map((stream) => ({ stream, events: note })));

  const lines = (await next).map(({ value }) => JSON.parse(new TextDecoder().decode(value)) as PullLine);
  const streams = lines.map(({ events }) => events.map(([, stream]) => stream));
  expect(streams).toEqual([
    ["account-1", "account-2", "account-1"],
    ["account-1", "account-1"],
    ["account-1", "account-2", "account-1"],
  ]);
  expect(new Set(lines.map(({ place }) => place.mark)).size).toBe(1);
  await hub.close();
});

/** A line, as far as it is looked at. */
interface PullLine {
  readonly events: readonly (readonly unknown[])[];
  readonly place: { readonly mark: string };
}

test("while nothing is pending, events that arrive make a replica read neither its places nor its outbox", async () => {
  await using hub = await createTestHub();
  const { storage } = await memory().open();
  const { sync } = storage;
  if (sync === undefined) throw new Error("the storage keeps no replicas");
  let reads = 0;
  const counted: EventStorage = {
    ...storage,
    sync: {
      ...sync,
      loadReplica: () => ((reads += 1), sync.loadReplica()),
      listEntries: (page) => ((reads += 1), sync.listEntries(page)),
    },
  };
  await using store = await openEventStore({ name: "counted", open: async () => ({ storage: counted, verbs: {} }) });
  await using replica = await follow(store, { url: hub.url, fetch: hub.fetch, streams: ["account-1"] });
  await until(replica, () => replica.status.connection === "live");
  await hub.store.stream("account-1").append(note);
  await until(replica, async () => (await store.head()) === 1);
  reads = 0;
  for (let round = 2; round <= 10; round++) {
    await hub.store.stream("account-1").append(note);
    await until(replica, async () => (await store.head()) === round);
  }
  expect(reads).toBe(0);
});
