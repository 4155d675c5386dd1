/** A hub in a Durable Object, in workerd: its replicas follow while it is evicted and its process is killed. */
import { memory, openEventStore, type Event, type EventStore } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { follow, type FollowOptions, type Replica } from "rivulet/sync";
import { expect, onTestFinished, test } from "vitest";
import { blockWith } from "../support/documents.ts";
import { account, bank, type BankCommand } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";
import { startWorkerd, type Workerd } from "../support/workerd.ts";

const deposit = (amount: number, label: string): BankCommand => ({ do: "deposit", amount, label });

async function start(...args: Parameters<typeof startWorkerd>): Promise<Workerd> {
  const workerd = await startWorkerd(...args);
  onTestFinished(workerd.close);
  return workerd;
}

/** Follows the hub, wherever workerd listens after it was started again. */
async function startReplica(
  workerd: Workerd,
  client: string,
  options: Partial<FollowOptions> = {},
): Promise<{ store: EventStore; replica: Replica }> {
  const store = await openEventStore(memory());
  const replica = await follow(store, {
    url: "http://hub.test/sync",
    fetch: (url, init) => fetch(url.replace("http://hub.test", workerd.origin), init),
    headers: () => ({ authorization: client }),
    streamPrefixes: ["account-"],
    deciders: { bank },
    ...options,
  });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  return { store, replica };
}

test("replicas of a hub in a Durable Object converge, although it is evicted and its process is killed", async () => {
  const workerd = await start("hub", "Accounts");
  const [ada, ben] = [await startReplica(workerd, "ada"), await startReplica(workerd, "ben")];
  const isLive = ({ replica }: { replica: Replica }) => until(replica, () => replica.status.connection === "live");
  const execute = async ({ replica }: { replica: Replica }, command: BankCommand): Promise<unknown> =>
    (await replica.stream("account-1").execute("bank", command)).confirmed;
  const reaches = ({ store, replica }: typeof ben, version: number): Promise<void> =>
    until(replica, async () => (await store.stream("account-1").version()) === version);
  await Promise.all([isLive(ada), isLive(ben)]);

  await execute(ada, deposit(1, "one"));
  // The response to the pull is a stream that goes on.
  await reaches(ben, 1);

  const offline = until(ben.replica, () => ben.replica.status.connection !== "live");
  await fetch(`${workerd.origin}/evict`).catch(() => undefined);
  await offline;
  await execute(ada, deposit(2, "two"));
  await reaches(ben, 2);

  await workerd.kill();
  const { id, confirmed } = await ben.replica.stream("account-1").execute("bank", deposit(4, "four"));
  expect((await ben.replica.pending()).map((entry) => entry.id)).toEqual([id]);
  await workerd.start();
  for (const { replica } of [ada, ben]) replica.hurry();
  await confirmed;
  await reaches(ada, 3);

  const [here, there] = await Promise.all([ada, ben].map(({ store }) => store.stream("account-1").read().toArray()));
  expect(there?.map(({ id: one }) => one)).toEqual(here?.map(({ id: one }) => one));
  expect(await ada.replica.stream("account-1").load(account)).toEqual({
    state: { balance: 7, labels: ["one", "two", "four"] },
    version: 3,
    pending: 0,
  });
});

test("the documented hub in an object takes a command of a replica, and gives it to another", async () => {
  const code = blockWith("js", "createHub(");
  const workerd = await start("readme-hub", "Lists", code.replaceAll("env.LISTS", "env.STORES"));
  const list = defineDecider<string[], { add: string }, Event<"added", { item: string }>>({
    name: "list",
    initial: () => [],
    evolve: { added: (items, { data }) => [...items, data.item] },
    decide: ({ add }) => ({ type: "added", data: { item: add } }),
  });
  const options = { streams: ["groceries"], streamPrefixes: [], deciders: { list } };
  const [ada, ben] = [await startReplica(workerd, "ada", options), await startReplica(workerd, "ben", options)];

  const { confirmed } = await ada.replica.stream("groceries").execute("list", { add: "tea" });
  await confirmed;

  await until(ben.replica, async () => (await ben.store.stream("groceries").version()) === 1);
  expect((await ben.store.stream("groceries").read().toArray()).map(({ data }) => data)).toEqual([{ item: "tea" }]);
});

test("a client that leaves makes room for its next pull", async () => {
  const workerd = await start("hub", "Accounts");
  const item = { kind: "stream", name: "account-1", position: 0, mark: null };
  const body = JSON.stringify({ protocol: 1, lineage: null, items: [item], live: true });
  const open = (signal?: AbortSignal): Promise<Response> =>
    fetch(`${workerd.origin}/pull`, {
      method: "POST",
      headers: { authorization: "ada" },
      body,
      ...(signal && { signal }),
    });
  const leaving = new AbortController();
  expect((await open(leaving.signal)).status).toBe(200);
  expect((await open()).status).toBe(429);

  leaving.abort();

  await expect.poll(async () => (await open(AbortSignal.timeout(1_000))).status).toBe(200);
});
