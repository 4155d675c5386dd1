/** What broke in other products that synchronise: each report's essence, as it must not happen here. */
import { expect, test } from "vitest";
import type { HubCore } from "../../dist/src/sync/hub/hub.js";
import type { PullMessage, PushMessage } from "../../dist/src/sync/messages.js";
import { account, bank } from "../support/sync/bank.ts";
import { deposit, startDevice, startHub, withdraw } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";
import { failure } from "../support/outcome.ts";

test("livestore#980, #984, evolu#660: a hub that was emptied is noticed; the replica shows no more as if it were there, and loses nothing", async () => {
  const first = await startHub();
  const { replica, connect } = await startDevice(first.core);
  await (
    await replica.stream("account-1").execute("bank", deposit("a"))
  ).confirmed;
  const emptied = await startHub();
  connect(emptied.core);

  await until(replica, () => replica.status.connection === "stopped");
  await replica.stream("account-1").execute("bank", deposit("b"));

  expect(replica.status.error).toMatchObject({ code: "hub-changed" });
  expect(await replica.pending()).toHaveLength(1);
  expect(await emptied.store.head()).toBe(0);
});

test("livestore#744, #1016: a command that waits while others' events arrive is confirmed, and its promise settles", async () => {
  const { core, store } = await startHub();
  const { replica, weather } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");
  weather.push = "fails";
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("mine"));
  await store.stream("account-1").execute(bank, deposit("theirs"));
  await until(replica, async () => (await replica.stream("account-1").load(account)).version === 2);
  expect((await replica.stream("account-1").load(account)).state.labels).toEqual(["theirs", "mine"]);

  weather.push = "fine";
  replica.hurry();

  await confirmed;
  expect((await replica.stream("account-1").load(account)).pending).toBe(0);
});

test("livestore#970, couchbase-lite-net#358: started again, a replica goes on where it was", async () => {
  const { core, store } = await startHub();
  await store.stream("account-1").execute(bank, deposit("a"));
  const { replica, pulled, open } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");
  await replica.close();

  await store.stream("account-1").execute(bank, deposit("b"));
  const { replica: again } = await open();
  await until(again, async () => (await again.stream("account-1").load(account)).version === 2);

  expect(pulled.map(({ items }) => items.map(({ position }) => position))).toEqual([[0], [1]]);
  await (
    await again.stream("account-1").execute("bank", deposit("c"))
  ).confirmed;
  expect(await store.stream("account-1").version()).toBe(3);
});

test("powersync-native#15, powersync-js#1058, mono#4608, #4677: a push whose answer was lost is sent again by itself, and counts once", async () => {
  const { core, store } = await startHub();
  const { replica, weather } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");
  weather.push = "loses the answer";
  weather.lines = "held";
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => weather.pushes).toBeGreaterThan(1);

  weather.push = "fine";
  weather.release();

  await confirmed;
  expect(await store.stream("account-1").version()).toBe(1);
});

test("replicache#333, powersync-sqlite-core#162: a refusal for good holds up nothing, and is not asked for again", async () => {
  const { core, store } = await startHub();
  const { replica, weather } = await startDevice(core);
  await (
    await replica.stream("account-1").execute("bank", deposit("a", 10))
  ).confirmed;
  weather.push = "fails";
  const rent = await replica.stream("account-1").execute("bank", withdraw("rent", 7));
  const after = await replica.stream("account-1").execute("bank", deposit("b", 1));
  await store.stream("account-1").execute(bank, withdraw("elsewhere", 8));
  weather.push = "fine";
  replica.hurry();

  await failure(rent.confirmed, "entry-rejected");
  await after.confirmed;

  expect((await replica.rejected()).map(({ rejected }) => rejected)).toEqual([
    { code: "refused", message: "only 1 left" },
  ]);
  expect((await replica.stream("account-1").load(account)).state.labels).toEqual([
    "a",
    "elsewhere",
    "elsewhere:fee",
    "b",
  ]);
});

test("TanStack/db#1602: what was shown stays while the push is answered and the event has not come back", async () => {
  const { core } = await startHub();
  const { replica, weather } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");
  weather.lines = "held";
  await replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => weather.pushes).toBe(1);
  const shown = await replica.stream("account-1").load(account);

  weather.release();
  await until(replica, async () => (await replica.stream("account-1").load(account)).pending === 0);

  expect(shown).toEqual({ state: { balance: 5, labels: ["a"] }, version: 1, pending: 1 });
  expect((await replica.stream("account-1").load(account)).state).toEqual(shown.state);
});

test("livestore#1552: a replica that is too old for its hub says so, and keeps what is pending", async () => {
  const { core } = await startHub();
  const old: HubCore<string> = {
    push: (client, message) => core.push(client, { ...(message as PushMessage), protocol: 0 }),
    pull: (client, message, signal) => core.pull(client, { ...(message as PullMessage), protocol: 0 }, signal),
  };
  const { replica } = await startDevice(old);
  await replica.stream("account-1").execute("bank", deposit("a"));

  await until(replica, () => replica.status.connection === "stopped");

  expect(replica.status.error).toMatchObject({ code: "client-outdated" });
  expect(await replica.pending()).toHaveLength(1);
});

test("livestore#732: a malformed line is not applied, the last good place is kept, and the pull goes on", async () => {
  const { core, store } = await startHub();
  await store.stream("account-1").execute(bank, deposit("a"));
  const { replica, weather, store: own } = await startDevice(core, { weather: { lines: "malformed" } });
  await until(replica, () => replica.status.error !== undefined);
  expect(await own.head()).toBe(0);

  weather.lines = "fine";
  replica.hurry();

  await until(replica, async () => (await own.head()) === 1);
});

test("tinybase#261: an entry that is too large for the hub is rejected by name, and the others pass", async () => {
  const { core, store } = await startHub();
  const { replica, weather } = await startDevice(core);
  weather.mostBytes = 600;
  const stream = replica.stream("account-1");
  const one = await stream.execute("bank", deposit("a"));
  const large = await stream.append({ type: "noted", data: { label: "x".repeat(1_000) } });
  const two = await stream.execute("bank", deposit("b"));

  await one.confirmed;
  await two.confirmed;
  const error = await failure(large.confirmed, "entry-rejected");

  expect(error.details).toEqual({ id: large.id, reason: "too-large" });
  expect(await store.stream("account-1").version()).toBe(2);
});

test("powersync-js#1055: what is written while the outbox is being found empty is sent", async () => {
  const { core, store } = await startHub();
  const { replica } = await startDevice(core);
  for (let round = 0; round < 30; round++) {
    await (
      await replica.stream("account-1").execute("bank", deposit(`${round}`))
    ).confirmed;
  }
  expect(await store.stream("account-1").version()).toBe(30);
});

test("rxdb#6257: what is not confirmed can be listed, and the outbox says when it is full", async () => {
  const { core } = await startHub();
  const { replica } = await startDevice(core, { weather: { push: "fails" }, most: 2 });
  await replica.stream("account-1").execute("bank", deposit("a"));
  await replica.stream("account-1").append({ type: "noted", data: { label: "b" } });

  const error = await failure(replica.stream("account-1").execute("bank", deposit("c")), "outbox-full");

  expect(error.details).toEqual({ entries: 2 });
  expect((await replica.pending()).map(({ entry, streams }) => [entry.kind, streams])).toEqual([
    ["command", ["account-1"]],
    ["append", ["account-1"]],
  ]);
});
