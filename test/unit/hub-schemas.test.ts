import { memory, openEventStore, type EventDefinitions, type EventStore } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineEvents } from "rivulet/events";
import { follow, type FollowOptions, type Replica } from "rivulet/sync";
import { createHub, type Hub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../support/sync/until.ts";

const one = defineEvents({ noted: {} });
const two = defineEvents({ noted: { version: 2, upcast: { 1: (data) => ({ ...(data as object), done: false }) } } });
const noted = (label: string): { type: "noted"; data: unknown } => ({ type: "noted", data: { label } });
const note = defineDecider({
  name: "note",
  initial: () => 0,
  evolve: { noted: (count: number) => count + 1 },
  decide: (label: string) => noted(label),
});

test("livestore#1552: a client whose events are older than its hub's is told what is newer, keeps what is pending, and goes on once it is updated", async () => {
  const { hub, store } = await openHub(two);
  const device = await memory().open();
  const old = await openReplica(device, hub, one);
  const { id } = await old.replica.stream("list").append(noted("old"));
  await until(old.replica, () => old.replica.status.connection === "stopped");

  expect(old.replica.status.error).toMatchObject({
    code: "client-outdated",
    message: expect.stringContaining(`"noted" is version 2, here 1`),
  });
  expect((await old.replica.pending()).map((entry) => entry.id)).toEqual([id]);
  expect(await store.head()).toBe(0);
  await old.close();
  const { replica } = await openReplica(device, hub, two);
  const { confirmed } = await replica.stream("list").append(noted("new"));
  await confirmed;
  const [first] = await store.stream("list").read().toArray();
  expect(first).toMatchObject({ schemaVersion: 2, data: { label: "old", done: false } });
  expect((await replica.pending()).length + (await replica.rejected()).length + (await store.head())).toBe(2);
});

test("a client whose events are newer than its hub's loses nothing: what the hub does not know yet waits for its update", async () => {
  const shared = await memory().open();
  const before = await openHub(one, {}, shared);
  let hub = before.hub;
  const device = await memory().open();
  const { replica } = await openReplica(device, { fetch: (request) => hub.fetch(request) }, two, { note });
  await until(replica, () => replica.status.connection === "live");
  const command = await replica.stream("list").execute("note", "by a decider that the hub does not have");
  const append = await replica.stream("list").append(noted("of a version that the hub does not know"));
  await expect.poll(() => before.pushes.count).toBeGreaterThan(0);

  expect([(await replica.pending()).length, (await replica.rejected()).length]).toEqual([2, 0]);
  hub = (await openHub(two, { note }, shared)).hub;
  replica.hurry();
  await command.confirmed;
  await append.confirmed;
  expect(await replica.rejected()).toEqual([]);
});

test("a hub of the same events refuses for good what it does not know", async () => {
  const { hub } = await openHub(two);
  const { replica } = await openReplica(await memory().open(), hub, two, { note });
  const { confirmed } = await replica.stream("list").execute("note", "a command");

  await expect(confirmed).rejects.toMatchObject({ code: "entry-rejected", details: { reason: "unknown-decider" } });
});

test("a hub that defines no events refuses for good what it does not know, whatever the client defines", async () => {
  const { hub } = await openHub(undefined);
  const { replica } = await openReplica(await memory().open(), hub, two, { note });
  const { confirmed } = await replica.stream("list").execute("note", "by a decider that the hub does not have");

  await expect(confirmed).rejects.toMatchObject({ code: "entry-rejected" });
  expect(replica.status.delayed).toBeUndefined();
});

test("newer events of a hub that defines none stop an older client before it stores them", async () => {
  const { hub, store } = await openHub(undefined);
  const newer = await openEventStore({ name: "newer", open: () => store.opened }, { events: two });
  await newer.stream("list").append(noted("newer"));
  const { replica, store: own } = await openReplica(await memory().open(), hub, one);
  await until(replica, () => replica.status.connection === "stopped");

  expect(replica.status.error).toMatchObject({ code: "client-outdated" });
  expect(await own.head()).toBe(0);
});

type Opened = Awaited<ReturnType<ReturnType<typeof memory>["open"]>>;

/** Opens a store over a storage that others use, too. */
function openOver(opened: Opened, events: EventDefinitions | undefined): Promise<EventStore> {
  const storage = { ...opened.storage, close: () => Promise.resolve() };
  return openEventStore({ name: "shared", open: async () => ({ storage, verbs: {} }) }, { events });
}

async function openHub(
  events: EventDefinitions | undefined,
  deciders: NonNullable<Parameters<typeof createHub>[1]["deciders"]> = {},
  opened?: Opened,
): Promise<{ hub: Hub; store: EventStore & { opened: Promise<Opened> }; pushes: { count: number } }> {
  const shared = opened ?? (await memory().open());
  const store = await openOver(shared, events);
  const made = createHub(store, { authenticate: () => "ada", mayAppend: () => true, deciders });
  const pushes = { count: 0 };
  const hub: Hub = {
    ...made,
    async fetch(request) {
      const response = await made.fetch(request);
      if (request.url.endsWith("/push")) pushes.count += 1;
      return response;
    },
  };
  onTestFinished(() => store.close());
  return { hub, store: Object.assign(store, { opened: Promise.resolve(shared) }), pushes };
}

async function openReplica(
  opened: Opened,
  hub: Pick<Hub, "fetch">,
  events: EventDefinitions,
  deciders: FollowOptions["deciders"] = {},
): Promise<{ replica: Replica; store: EventStore; close: () => Promise<void> }> {
  const store = await openOver(opened, events);
  const replica = await follow(store, {
    url: "https://hub.test",
    streams: ["list"],
    deciders,
    fetch: (url, init) => hub.fetch(new Request(url, init)),
  });
  const close = async (): Promise<void> => {
    await replica.close();
    await store.close();
  };
  onTestFinished(close);
  return { replica, store, close };
}
