import { memory, openEventStore, type EventStore } from "rivulet";
import { follow, type Replica } from "rivulet/sync";
import { checkOffline, createTestHub, type TestHub, type TestNetwork } from "rivulet/testing";
import { expect, onTestFinished, test } from "vitest";
import { account, bank, type BankCommand } from "../support/sync/bank.ts";
import { deposit, withdraw } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";

const given = [{ type: "deposited", data: { amount: 10, label: "salary" } }] as const;

test("commands executed offline are compared with the states and the refusals that they must lead to", async () => {
  await checkOffline(bank, account, {
    given,
    offline: [withdraw("rent", 7), deposit("gift", 1)],
    meanwhile: [withdraw("shoes", 8)],
    shown: { balance: 3, labels: ["salary", "rent", "rent:fee", "gift"] },
    expected: { balance: 2, labels: ["salary", "shoes", "shoes:fee", "gift"] },
    rejected: ["only 1 left"],
  });
  await checkOffline(bank, account, { offline: [deposit("a")], expected: { balance: 5, labels: ["a"] } });
});

test("an example with another result is reported with the difference", async () => {
  const offline = [deposit("a")];
  const state = { balance: 5, labels: ["a"] };
  const wrong = { ...state, balance: 6 };
  for (const [example, difference] of [
    [{ offline, expected: wrong }, "the state at the hub.balance: expected 6, got 5"],
    [{ offline, expected: state, shown: wrong }, "the state that is shown offline.balance: expected 6, got 5"],
    [{ offline, expected: state, rejected: ["only"] }, "the refusals: expected 1 items, got 0"],
    [{ offline: [withdraw("b")] as BankCommand[], expected: state }, "only 0 left"],
  ] as const) {
    await expect(checkOffline(bank, account, example)).rejects.toThrow(difference);
  }
});

test("a device of a test's hub is offline while another is not, and catches up", async () => {
  await using hub = await createTestHub({ deciders: { bank } });
  const [phone, laptop] = [hub.network(), hub.network()];
  const here = await device(hub, phone);
  const there = await device(hub, laptop);
  await until(here.replica, () => here.replica.status.connection === "live");
  phone.offline();
  await until(here.replica, () => here.replica.status.connection === "offline");
  const { confirmed } = await here.replica.stream("account-1").execute("bank", deposit("here"));
  await (
    await there.replica.stream("account-1").execute("bank", deposit("there"))
  ).confirmed;
  expect(await hub.store.head()).toBe(1);

  phone.online();
  here.replica.hurry();
  await confirmed;
  await until(there.replica, async () => (await there.store.head()) === 2);

  expect((await there.replica.stream("account-1").load(account)).state.labels).toEqual(["there", "here"]);
});

test("answers that are lost are answers to what the hub has done, and as many as was said", async () => {
  await using hub = await createTestHub({ deciders: { bank } });
  hub.loseAnswers(2);
  const { replica } = await device(hub, hub);
  await until(replica, () => replica.status.connection === "live");
  expect(hub.requests).toBe(3);

  hub.loseAnswers();
  await (
    await replica.stream("account-1").execute("bank", deposit("a"))
  ).confirmed;

  expect(await hub.store.stream("account-1").version()).toBe(1);
});

test("what is held back arrives when it is released", async () => {
  await using hub = await createTestHub({ deciders: { bank } });
  const { replica, store } = await device(hub, hub);
  await until(replica, () => replica.status.connection === "live");
  hub.hold();
  await hub.store.stream("account-1").append({ type: "noted", data: { label: "a" } });
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("b"));
  expect([await hub.store.head(), await store.head()]).toEqual([1, 0]);

  hub.release();
  await confirmed;

  expect((await replica.stream("account-1").load(account)).state.labels).toEqual(["a", "b"]);
});

test("a test's hub takes the options of a hub", async () => {
  await using hub = await createTestHub({ authenticate: () => undefined });
  const { replica } = await device(hub, hub);
  await until(replica, () => replica.status.connection === "unauthorized");

  expect(replica.status.error).toMatchObject({ code: "unauthorized" });
});

async function device(hub: TestHub, { fetch }: TestNetwork): Promise<{ replica: Replica; store: EventStore }> {
  const store = await openEventStore(memory());
  const replica = await follow(store, { url: hub.url, fetch, streamPrefixes: ["account-"], deciders: { bank } });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  return { replica, store };
}
