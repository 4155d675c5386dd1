/** What broke in other products while they sent what was done offline: each report's essence, as it must not happen here. */
import { openEventStore, memory } from "rivulet";
import { expect, onTestFinished, test } from "vitest";
import { account, bank } from "../support/sync/bank.ts";
import { coreOf, deposit, startDevice, startHub, withdraw, withSync } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";
import { failure } from "../support/outcome.ts";

test("powersync-kotlin#340, powersync.dart#203: a push that fails is tried again without another write, and is not taken for done", async () => {
  const { core, store } = await startHub();
  const { replica, weather } = await startDevice(core, { weather: { push: "fails" } });
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => weather.attempts).toBeGreaterThan(1);
  expect(await replica.pending()).toHaveLength(1);

  weather.push = "fine";

  await confirmed;
  expect(await store.stream("account-1").version()).toBe(1);
});

test("powersync.dart#307, #308: after partitions and killed clients, the outbox is empty again, and each command counts once", async () => {
  const { core, store } = await startHub();
  const device = await startDevice(core);
  let client: Awaited<ReturnType<typeof device.open>> = await device.open();
  const troubles = ["fails", "loses the answer", "fine"] as const;
  for (const [round, push] of [...troubles, ...troubles].entries()) {
    device.weather.push = push;
    await client.replica.stream("account-1").execute("bank", deposit(`${round}`, 1));
    if (round % 2 === 0) device.weather.cut();
    client.kill();
    client = await device.open();
  }
  device.weather.push = "fine";

  await client.replica.flush();

  expect((await store.stream("account-1").load(account)).state).toEqual({
    balance: 6,
    labels: ["0", "1", "2", "3", "4", "5"],
  });
});

test("powersync-swift#145: an error is no longer shown once what failed has succeeded", async () => {
  const { core } = await startHub();
  const { replica, weather } = await startDevice(core, { weather: { push: "fails", lines: "fail" } });
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("a"));
  await until(replica, () => replica.status.error !== undefined);

  weather.push = "fine";
  weather.lines = "fine";
  replica.hurry();
  await confirmed;
  await until(replica, () => replica.status.connection === "live");

  expect(replica.status.error).toBeUndefined();
  expect(await replica.pending()).toEqual([]);
});

test("rxdb#8285: closing during a pause marks nothing as sent", async () => {
  const { core, store } = await startHub();
  const device = await startDevice(core, { weather: { push: "fails" }, endlessPauses: true });
  await device.replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => device.weather.attempts).toBe(1);
  await device.replica.close();

  device.weather.push = "fine";
  const again = await device.open();
  await again.replica.flush();

  expect(await store.stream("account-1").version()).toBe(1);
  expect(device.pushed).toHaveLength(1);
});

test("livestore#1394: two that appended offline come back together, and the one that is refused pulls at once", async () => {
  const { core, store } = await startHub();
  const ada = await startDevice(core);
  const ben = await startDevice(core, { endlessPauses: true });
  await until(ben.replica, () => ben.replica.status.connection === "live");
  ben.weather.lines = "fail";
  ben.weather.cut();
  await until(ben.replica, () => ben.replica.status.connection === "offline");
  const note = (label: string) => ({ type: "noted", data: { label } });
  await (
    await ada.replica.stream("account-1").append(note("ada"), { expectedVersion: 0 })
  ).confirmed;
  ben.weather.lines = "fine";

  // The pause of its pull would never end, and what it pushes reaches the hub.
  const { confirmed } = await ben.replica.stream("account-1").append(note("ben"), { expectedVersion: 0 });

  expect((await failure(confirmed, "entry-rejected")).details.reason).toBe("version-conflict");
  await until(ben.replica, async () => (await ben.store.stream("account-1").version()) === 1);
  expect((await ben.replica.stream("account-1").load(account)).state.labels).toEqual(["ada"]);
  expect(await store.stream("account-1").version()).toBe(1);
});

test("rocicorp/mono#6340, #5985: of two tabs one pushes, in the order of both, also when another process of the hub takes over", async () => {
  const opened = await memory().open();
  const processOfHub = async () => {
    const storage = { ...opened.storage, close: () => Promise.resolve() };
    const store = await openEventStore({ name: "hub", open: async () => ({ storage, verbs: {} }) });
    onTestFinished(() => store.close());
    return { store, core: coreOf(store) };
  };
  const first = await processOfHub();
  const { replica, weather, pushed, open, connect } = await startDevice(first.core);
  const other = (await open()).replica;
  await until(replica, () => replica.status.connection === "live");
  weather.push = "loses the answer";
  for (let round = 0; round < 6; round++) {
    await (round % 2 === 0 ? replica : other).stream("account-1").execute("bank", deposit(`${round}`, 1));
    if (round === 2) connect((await processOfHub()).core);
  }
  weather.push = "fine";
  await other.flush();

  expect((await first.store.stream("account-1").load(account)).state.labels).toEqual(["0", "1", "2", "3", "4", "5"]);
  expect(other.status.connection).toBe("waiting");
  for (const entries of pushed) expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
});

test("powersync-sqlite-core#162: where a refusal cannot be noted, the same answer comes again, and the outbox goes on", async () => {
  const { core, store } = await startHub();
  let broken = true;
  const { replica, weather, pushed } = await startDevice(core, {
    weather: { push: "fails" },
    storage: withSync((sync) => ({
      async settle(request) {
        if (!broken) return sync.settle(request);
        broken = false;
        throw new Error("the disk is full");
      },
    })),
  });
  await until(replica, () => replica.status.connection === "live");
  const note = (label: string) => ({ type: "noted", data: { label } });
  const refused = await replica.stream("account-2").append(note("mine"), { expectedVersion: 0 });
  await store.stream("account-2").append(note("theirs"));
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("a"));
  weather.push = "fine";
  replica.hurry();

  await confirmed;

  expect((await failure(refused.confirmed, "entry-rejected")).details.reason).toBe("version-conflict");
  expect(pushed.filter((entries) => entries.some(({ key }) => key === refused.id))).toHaveLength(2);
  expect(await replica.pending()).toEqual([]);
});

test("rxdb#3727: as many entries as a push takes, and as many events as a page has, end in so many requests", async () => {
  const { core, store } = await startHub();
  const {
    replica,
    weather,
    pulled,
    store: own,
  } = await startDevice(core, { weather: { push: "fails", lines: "fail" } });
  await store
    .stream("account-2")
    .append(Array.from({ length: 800 }, (_, index) => ({ type: "noted", data: { label: `${index}` } })));
  for (let index = 0; index < 100; index++) {
    await replica.stream("account-1").append({ type: "noted", data: { label: `${index}` } });
  }
  const before = pulled.length;
  weather.push = "fine";
  weather.lines = "fine";
  replica.hurry();

  await replica.flush();
  await until(replica, () => replica.status.connection === "live");

  expect(await own.head()).toBe(900);
  expect([weather.pushes, pulled.length - before]).toEqual([1, 1]);
});

test("automerge-repo#368: what was said to be confirmed and never arrives is sent again", async () => {
  const { core, store } = await startHub();
  const { replica, weather } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");
  weather.push = "claims";
  const { confirmed } = await replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => weather.attempts).toBe(1);
  expect(await replica.pending()).toHaveLength(1);

  weather.push = "fine";
  await confirmed;

  expect(await store.stream("account-1").version()).toBe(1);
});

test("couchbase-lite-net#563, couchbase-lite-java-core#1047: woken up, everything is sent and everything is fetched", async () => {
  const { core, store } = await startHub();
  const { replica, weather } = await startDevice(core, { weather: { push: "fails", lines: "fail" } });
  for (let index = 0; index < 25; index++) {
    await replica.stream("account-1").execute("bank", deposit(`mine ${index}`, 1));
    if (index < 20) await store.stream("account-1").execute(bank, deposit(`theirs ${index}`, 1));
  }
  weather.push = "fine";
  weather.lines = "fine";
  replica.hurry();

  await replica.flush();

  const { state, version } = await replica.stream("account-1").load(account);
  expect([state.balance, version]).toEqual([45, 45]);
  expect(await store.stream("account-1").version()).toBe(45);
});

test("Zero 1.9: what is written while disconnected is accepted, shown, and there after a restart", async () => {
  const { core } = await startHub();
  const device = await startDevice(core, { weather: { push: "fails", lines: "fail" } });
  const stream = device.replica.stream("account-1");
  await stream.execute("bank", deposit("a", 9));
  await stream.execute("bank", withdraw("b", 3));
  await stream.append({ type: "noted", data: { label: "c" } });
  const shown = await stream.load(account);
  await device.replica.close();

  const again = await device.open();

  expect(shown).toEqual({ state: { balance: 5, labels: ["a", "b", "b:fee", "c"] }, version: 4, pending: 3 });
  expect(await again.replica.stream("account-1").load(account)).toEqual(shown);
});
