/** What broke in other products while they fetched what others did: each report's essence, as it must not happen here. */
import { expect, test } from "vitest";
import { account, bank } from "../support/sync/bank.ts";
import { deposit, startDevice, startHub, withdraw, withSync } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";

test("livestore#641, #1538: while commands are decided again, nothing stored is taken back, and no consumer sees what is pending", async () => {
  const { core, store } = await startHub();
  const { replica, store: own, weather } = await startDevice(core);
  const stream = replica.stream("account-1");
  await (
    await stream.execute("bank", deposit("a", 10))
  ).confirmed;
  const seen: string[] = [];
  const watcher = own.watch();
  const watching = (async () => {
    for await (const { id } of watcher) seen.push(id);
  })();
  weather.push = "fails";
  await stream.execute("bank", withdraw("rent", 7));
  await stream.execute("bank", deposit("b", 1));
  const histories: string[][] = [await idsOf(own)];
  for (let round = 0; round < 5; round++) {
    await store.stream("account-1").execute(bank, withdraw(`theirs ${round}`, 1));
    await until(replica, async () => (await own.head()) === 1 + 2 * (round + 1));
    histories.push(await idsOf(own));
  }
  // No longer enough for the rent.
  expect((await stream.load(account)).state).toMatchObject({ balance: 1 });
  weather.push = "fine";
  replica.hurry();
  await replica.flush();
  histories.push(await idsOf(own));

  for (const [index, history] of histories.slice(1).entries()) {
    expect(history.slice(0, histories[index]?.length)).toEqual(histories[index]);
  }
  const stored = await idsOf(own);
  await expect.poll(() => seen).toEqual(stored);
  await watcher.return?.(undefined);
  await watching;
});

test("lifebuild#495, livestore#409: where events cannot be stored, the place stays, also over a restart", async () => {
  const { core, store } = await startHub();
  await store.stream("account-1").execute(bank, deposit("a"));
  let broken = true;
  const device = await startDevice(core, {
    storage: withSync((sync) => ({
      applyConfirmed: (batch) =>
        broken && batch.events.length > 0 ? Promise.reject(new Error("the disk is full")) : sync.applyConfirmed(batch),
    })),
  });
  await until(device.replica, () => device.replica.status.error !== undefined);
  await device.replica.close();
  const again = await device.open();
  await until(again.replica, () => again.replica.status.error !== undefined);
  expect(device.pulled.every(({ items }) => items.every(({ position }) => position === 0))).toBe(true);

  broken = false;

  await until(again.replica, async () => (await again.store.head()) === 1);
});

test("pouchdb#2768: a live pull that fails once goes on by itself", async () => {
  const { core, store } = await startHub();
  const { replica, store: own, weather } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");

  weather.cut();
  await store.stream("account-1").execute(bank, deposit("a"));

  await until(replica, async () => (await own.head()) === 1);
});

test("rxdb#3103: while pushes fail, what is fetched is complete, and nothing is skipped when they succeed", async () => {
  const { core, store } = await startHub();
  const { replica, store: own, weather } = await startDevice(core, { weather: { push: "loses the answer" } });
  for (let round = 0; round < 10; round++) {
    await replica.stream("account-1").execute("bank", deposit(`mine ${round}`));
    await store.stream("account-1").execute(bank, deposit(`theirs ${round}`));
    if (round % 3 === 0) weather.cut();
  }
  weather.push = "fine";
  await replica.flush();
  await until(replica, async () => (await own.head()) === 20);

  expect(await idsOf(own)).toEqual(await idsOf(store));
});

async function idsOf(store: { read(): { toArray(): Promise<{ readonly id: string }[]> } }): Promise<string[]> {
  return (await store.read().toArray()).map(({ id }) => id);
}
