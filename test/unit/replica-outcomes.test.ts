/** What becomes of commands and appends, how far a replica is, and what it follows. */
import { memory, openEventStore } from "rivulet";
import type { AppendConflict, CatchUpProgress, OutboxItem } from "rivulet/sync";
import { expect, test } from "vitest";
import { account, bank, type BankEvent } from "../support/sync/bank.ts";
import { coreOf, deposit, startDevice, startHub, withdraw } from "../support/sync/reported.ts";
import { failure } from "../support/outcome.ts";
import { until } from "../support/sync/until.ts";

const noted = (label: string): BankEvent => ({ type: "noted", data: { label } });

test("a rejection is told once, to onRejected and to listeners, in every client; until the hub answers, the command is in doubt", async () => {
  const hub = await startHub();
  const told: OutboxItem[] = [];
  const heard: string[] = [];
  const device = await startDevice(hub.core, { parts: { onRejected: (item) => told.push(item) } });
  const { replica, weather } = device;
  const other = await device.open();
  replica.subscribe(({ rejected }) => heard.push(...rejected.map(({ id }) => id)));
  await (
    await replica.stream("account-1").execute("bank", deposit("a", 5))
  ).confirmed;
  weather.push = "fails";
  const rent = await replica.stream("account-1").execute("bank", withdraw("rent", 4));
  expect((await replica.pending()).map(({ error }) => error)).toEqual([undefined]);

  await hub.store.stream("account-1").execute(bank, withdraw("elsewhere", 3));
  await until(replica, async () => (await replica.pending())[0]?.error !== undefined);
  expect((await replica.pending()).map(({ id, error }) => [id, String(error)])).toEqual([
    [rent.id, "Error: only 1 left"],
  ]);
  expect(await replica.stream("account-1").load(account)).toMatchObject({ state: { balance: 1 }, pending: 1 });
  expect([replica.status.pending, replica.status.rejected]).toEqual([1, 0]);
  weather.push = "fine";
  replica.hurry();
  await failure(rent.confirmed, "entry-rejected");
  await until(replica, () => replica.status.rejected === 1 && told.length === 2);
  await until(other.replica, () => other.replica.status.rejected === 1);

  expect(heard).toEqual([rent.id]);
  // Both clients have the same callback here.
  expect(told.map(({ id, rejected }) => [id, rejected?.message])).toEqual([
    [rent.id, "only 1 left"],
    [rent.id, "only 1 left"],
  ]);
  expect([replica.status.pending, replica.status.rejected]).toEqual([0, 1]);
  const later = await device.open();
  await later.replica.stream("account-1").version();
  expect([told.length, later.replica.status.rejected]).toEqual([2, 1]);
  await replica.discard(rent.id);
  await until(later.replica, () => later.replica.status.rejected === 0);
});

test("an append whose version is refused by the hub is replaced by the answer of onConflict, once what it conflicts with is here", async () => {
  const hub = await startHub();
  const asked: (AppendConflict & { readonly version: number })[] = [];
  const rejected: OutboxItem[] = [];
  const device = await startDevice(hub.core, {
    parts: {
      onRejected: (item) => rejected.push(item),
      async onConflict(conflict) {
        const { stream, entries } = conflict;
        const version = await device.store.stream(stream).version();
        asked.push({ ...conflict, version });
        return entries.map((one) => ({ stream: one.stream, events: one.events, expectedVersion: version }));
      },
    },
  });
  const { replica, weather } = device;
  await until(replica, () => replica.status.connection === "live");
  weather.push = "fails";
  const { id, confirmed } = await replica.stream<BankEvent>("account-1").append(noted("mine"), { expectedVersion: 0 });
  weather.lines = "held";
  await hub.store.stream("account-1").append([noted("x"), noted("y")]);
  weather.push = "fine";
  replica.hurry();
  await expect.poll(() => weather.pushes).toBe(1);
  expect(asked).toEqual([]);
  weather.release();

  expect((await confirmed).map(({ data, version }) => [data.label, version])).toEqual([["mine", 3]]);
  expect(asked).toMatchObject([{ id, stream: "account-1", actual: 2, version: 2 }]);
  expect(asked[0]?.entries).toMatchObject([{ stream: "account-1", expectedVersion: 0, events: [noted("mine")] }]);
  expect([rejected, await replica.pending(), await replica.rejected()]).toEqual([[], [], []]);
});

test.each([
  ["nothing", () => undefined],
  ["events that conflict as well", () => [{ stream: "account-1", events: noted("again"), expectedVersion: 0 }]],
])("an append stays rejected if onConflict answers with %s", async (_what, onConflict) => {
  const hub = await startHub();
  const rejected: OutboxItem[] = [];
  const { replica, weather } = await startDevice(hub.core, {
    parts: { onConflict, onRejected: (item) => rejected.push(item) },
  });
  weather.push = "fails";
  const queued = await replica.stream<BankEvent>("account-1").append(noted("mine"), { expectedVersion: 0 });
  await hub.store.stream("account-1").append(noted("x"));
  weather.push = "fine";
  replica.hurry();

  const error = await failure(queued.confirmed, "entry-rejected");
  await until(replica, () => rejected.length > 0);
  expect(error.details).toEqual({ id: queued.id, reason: "version-conflict" });
  expect(rejected.map(({ id }) => id)).toEqual([queued.id]);
  expect(await hub.store.stream("account-1").version()).toBe(1);
});

test("a long first history is stored page by page, its progress is told, and after an interruption it goes on where it was", async () => {
  const hub = await startHub();
  const events = Array.from({ length: 3_000 }, (_, index) => noted(`${index}`));
  await hub.store.stream("account-1").append(events);
  const progress: CatchUpProgress[] = [];
  const device = await startDevice(hub.core, {
    weather: { lines: "held" },
    parts: { onProgress: (now) => progress.push(now) },
  });
  const { replica, store, weather, pulled } = device;
  const next = (): number => {
    weather.release();
    weather.lines = "held";
    return progress.length;
  };
  await expect.poll(next).toBeGreaterThan(1);
  // The last release may have let one more line pass.
  await expect.poll(async () => (await store.head()) === progress.at(-1)?.position).toBe(true);
  const reached = await store.head();
  expect(replica.status).toMatchObject({
    connection: "catching-up",
    lag: 3_000 - reached,
    progress: { position: reached, head: 3_000 },
  });
  await replica.close();
  expect(replica.status.progress).toBeUndefined();

  weather.release();
  const { replica: again } = await device.open();
  await until(again, () => again.status.connection === "live");

  expect(pulled.map(({ items }) => items[0]?.position)).toEqual([0, reached]);
  expect(progress.map(({ position }) => position)).toEqual(
    [...progress.map(({ position }) => position)].sort((a, b) => a - b),
  );
  expect(progress.at(-1)).toEqual({ position: 3_000, head: 3_000 });
  expect(again.status).toMatchObject({ lag: 0, pending: 0, rejected: 0 });
  expect(again.status.progress).toBeUndefined();
  expect(await store.head()).toBe(3_000);
});

test("streams are followed and unfollowed while a replica runs: what was unfollowed is kept, refused to others, and goes on where it was", async () => {
  const hub = await startHub();
  const device = await startDevice(hub.core, { parts: { items: [{ kind: "stream", name: "account-1" }] } });
  const { replica, store, weather, pulled } = device;
  await hub.store.stream("list-1").append(noted("a"));
  await failure(replica.stream<BankEvent>("list-1").append(noted("x")), "invalid-argument");
  await replica.follow({ streams: ["list-1"] });
  await until(replica, async () => (await store.stream("list-1").version()) === 1);

  weather.push = "fails";
  await replica.stream<BankEvent>("list-1").append(noted("lost"));
  await replica.stream<BankEvent>("account-1").append(noted("kept"));
  const refused = await failure(replica.unfollow({ streams: ["list-1"] }), "invalid-argument");
  expect(refused.message).toMatch(/1 of their commands and appends/);
  await replica.unfollow({ streams: ["list-1"], discardPending: true });
  expect((await replica.pending()).map(({ streams }) => streams)).toEqual([["account-1"]]);
  await hub.store.stream("list-1").append(noted("b"));
  weather.push = "fine";
  replica.hurry();
  await replica.flush();

  expect((await store.stream("list-1").read().toArray()).length).toBe(1);
  expect((await replica.read().toArray()).map(({ stream }) => stream)).toEqual(["account-1"]);
  await failure(store.stream("list-1").append(noted("x")), "stream-followed");
  await failure(replica.stream<BankEvent>("list-1").append(noted("x")), "invalid-argument");
  const before = pulled.length;
  await replica.follow({ streams: ["list-1"] });
  await until(replica, async () => (await store.stream("list-1").version()) === 2);
  expect(pulled[before]?.items.find(({ name }) => name === "list-1")?.position).toBe(1);
});

test("a command of a stream that is unfollowed before the hub has answered is said to be discarded", async () => {
  const hub = await startHub();
  const { replica, weather } = await startDevice(hub.core, {
    parts: { items: [{ kind: "stream", name: "account-1" }] },
  });
  weather.push = "fails";
  const command = await replica.stream("account-1").execute("bank", deposit("a"));
  const append = await replica.stream<BankEvent>("account-1").append(noted("b"));
  await replica.unfollow({ streams: ["account-1"], discardPending: true });

  for (const { confirmed } of [command, append])
    expect((await failure(confirmed, "entry-rejected")).details).toMatchObject({ reason: "discarded" });
  await until(replica, () => replica.status.connection === "offline");
});

test("a stream under a prefix is unfollowed with its prefix, not by itself; a rejected entry is not retried without its stream", async () => {
  const hub = await startHub({ mayAppend: () => "not here" });
  const { replica, store } = await startDevice(hub.core);
  const { id, confirmed } = await replica.stream<BankEvent>("account-1").append(noted("a"));
  await failure(confirmed, "entry-rejected");
  await hub.store.stream("account-1").append(noted("b"));
  await until(replica, async () => (await store.stream("account-1").version()) === 1);

  const refused = await failure(replica.unfollow({ streams: ["account-1"] }), "invalid-argument");
  expect(refused.message).toMatch(/through the prefix "account-"/);
  await replica.unfollow({ streamPrefixes: ["account-"] });
  expect((await replica.rejected()).map((one) => one.id)).toEqual([id]);
  await failure(replica.retry(id), "invalid-argument");
  await failure(store.stream("account-2").append(noted("c")), "stream-followed");
});

test("a stream that the hub withholds is gone, keeps what is stored, and is dropped on request only", async () => {
  const forbidden = new Set<string>();
  const store = await openEventStore(memory());
  const core = coreOf(store, { mayFollow: (_client, stream) => !forbidden.has(stream) });
  const items = [
    { kind: "stream", name: "account-1" },
    { kind: "stream", name: "account-2" },
  ] as const;
  const device = await startDevice(core, { parts: { items } });
  const { replica } = device;
  await store.stream("account-1").append(noted("a"));
  await until(replica, async () => (await device.store.head()) === 1);
  forbidden.add("account-1");
  await store.stream("account-2").append(noted("b"));
  await until(replica, () => replica.status.gone.length > 0 && replica.status.connection === "live");

  expect(replica.status.gone).toEqual(["account-1"]);
  expect(await replica.stream("account-1").version()).toBe(1);
  await replica.unfollow({ streams: replica.status.gone });
  await until(replica, () => replica.status.gone.length === 0);
  expect(await device.store.stream("account-1").version()).toBe(1);
  await store.close();
});
