/** Replicas whose code for speaking with the hub cannot be loaded, as offline without a cache. */
import { EventStoreError, isEventStoreError } from "rivulet/adapter";
import { beforeEach, expect, test, vi } from "vitest";
import { account } from "../support/sync/bank.ts";
import { deposit, startDevice, startHub } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";

/** How the code is loaded now, and how often that was tried. */
const loading = vi.hoisted(() => ({ fails: false, hangs: false, verbsFail: false, verbsHang: false, attempts: 0 }));

vi.mock(import("../../dist/src/sync/replica/parts.js"), async (original) => {
  const parts = await original();
  const unavailable = (part: string): Error => new EventStoreError("code-unavailable", "the network is away", { part });
  return {
    ...parts,
    speaking() {
      loading.attempts += 1;
      if (loading.hangs) return new Promise<never>(() => undefined);
      return loading.fails ? Promise.reject(unavailable("speaking")) : parts.speaking();
    },
    verbs: () =>
      loading.verbsHang
        ? new Promise<never>(() => undefined)
        : loading.verbsFail
          ? Promise.reject(unavailable("verbs"))
          : parts.verbs(),
  };
});

beforeEach(() => {
  Object.assign(loading, { fails: false, hangs: false, verbsFail: false, verbsHang: false, attempts: 0 });
});

test("a client that cannot load the code for speaking is offline, works on, and speaks once the code is there", async () => {
  const { core, store } = await startHub();
  loading.fails = true;
  const { replica } = await startDevice(core);
  await until(replica, () => replica.status.connection === "offline");
  expect(isEventStoreError(replica.status.error, "code-unavailable")).toBe(true);
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("a"));
  expect(await replica.stream("account-1").load(account)).toMatchObject({ version: 1, pending: 1 });
  // It is tried again after pauses, without anybody's asking.
  await expect.poll(() => loading.attempts).toBeGreaterThan(1);
  expect(await store.head()).toBe(0);

  loading.fails = false;
  replica.hurry();

  expect(await confirmed).toHaveLength(1);
  expect(replica.status).toMatchObject({ connection: "live", error: undefined });
});

test("where one client cannot load the code for speaking, another one of the database speaks", async () => {
  const { core } = await startHub();
  loading.fails = true;
  const device = await startDevice(core);
  await until(device.replica, () => device.replica.status.connection === "offline");
  loading.fails = false;
  const other = await device.open();
  await until(other.replica, () => other.replica.status.connection === "live");

  const { confirmed } = await device.replica.stream("account-1").execute("bank", deposit("a"));
  expect(await confirmed).toHaveLength(1);
  // The first is done with its attempt, and waits for its turn.
  expect(device.replica.status.connection).toBe("waiting");
});

test("a client whose code for speaking never comes can be closed, and another one speaks then", async () => {
  const { core } = await startHub();
  loading.hangs = true;
  const device = await startDevice(core);
  await expect.poll(() => loading.attempts).toBe(1);
  await device.replica.close();

  loading.hangs = false;
  const other = await device.open();
  await until(other.replica, () => other.replica.status.connection === "live");
});

test("calls with a signal end with it while the code is loading", async () => {
  const { core } = await startHub();
  const { replica } = await startDevice(core);
  loading.verbsHang = true;
  const controller = new AbortController();
  const { signal } = controller;
  const calls = [
    replica.flush(signal),
    replica.load(account, { signal }),
    replica.stream("account-1").load(account, { signal }),
  ];
  controller.abort(new Error("enough"));

  for (const call of calls) await expect(call).rejects.toThrow("enough");
});

test("streams that are followed or left are those that were named at the call", async () => {
  const { core } = await startHub();
  const { replica } = await startDevice(core);
  const streams = ["other-1"];
  const following = replica.follow({ streams });
  streams.length = 0;
  await following;
  await replica.stream("other-1").append({ type: "noted", data: { label: "a" } });

  const options = { streams: ["other-1"], discardPending: true };
  const leaving = replica.unfollow(options);
  options.streams.length = 0;
  options.discardPending = false;
  await leaving;
  await expect(replica.stream("other-1").append({ type: "noted", data: { label: "b" } })).rejects.toMatchObject({
    code: "invalid-argument",
  });
});

test("a verb whose code cannot be loaded is refused, leaves nothing behind, and works with the next call", async () => {
  const { core, store } = await startHub();
  const { replica } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");
  const stream = replica.stream("account-1");
  const note = { type: "noted", data: { label: "a" } } as const;
  const query = { code: "code-unavailable", details: { part: "verbs" } };
  loading.verbsFail = true;

  await expect(stream.execute("bank", deposit("a"))).rejects.toMatchObject(query);
  await expect(stream.append(note)).rejects.toMatchObject(query);
  await expect(replica.append([{ stream: "account-1", events: note }])).rejects.toMatchObject(query);
  await expect(stream.version()).rejects.toMatchObject(query);
  await expect(stream.load(account)).rejects.toMatchObject(query);
  await expect(replica.load(account)).rejects.toMatchObject(query);
  await expect(stream.read().toArray()).rejects.toMatchObject(query);
  await expect(replica.read().next()).rejects.toMatchObject(query);
  await expect(stream.watch().next()).rejects.toMatchObject(query);
  await expect(replica.watch({ pending: false }).next()).rejects.toMatchObject(query);
  await expect(stream.project(account).loaded).rejects.toMatchObject(query);
  await expect(replica.pending()).rejects.toMatchObject(query);
  await expect(replica.rejected()).rejects.toMatchObject(query);
  await expect(replica.retry("a")).rejects.toMatchObject(query);
  await expect(replica.discard("a")).rejects.toMatchObject(query);
  await expect(replica.unfollow({ streams: ["account-1"] })).rejects.toMatchObject(query);
  expect(replica.status).toMatchObject({ connection: "live", pending: 0 });
  loading.verbsFail = false;

  await (
    await stream.append(note)
  ).confirmed;
  expect(await store.head()).toBe(1);
  expect(await stream.version()).toBe(1);
  expect((await stream.watch().next()).value).toMatchObject({ confirmed: [{ type: "noted" }] });
  expect(await replica.pending()).toEqual([]);
});

test("what is given to a call is taken at the call, also while its code is being loaded", async () => {
  const { core, store } = await startHub();
  const { replica } = await startDevice(core);
  const stream = replica.stream("account-1");
  const data = { label: "as it was" };
  const command = { do: "deposit", amount: 5, label: "as it was" } as const;
  const appended = stream.append({ type: "noted", data });
  const executed = stream.execute("bank", command);
  data.label = "changed later";
  Object.assign(command, { label: "changed later" });
  await (
    await appended
  ).confirmed;
  await (
    await executed
  ).confirmed;

  const events = await store.stream("account-1").read().toArray();
  expect(events.map((event) => (event.data as typeof data).label)).toEqual(["as it was", "as it was"]);
});
