/** A device that wakes: its connections are dead, and nothing tells it so. */
import { memory, openEventStore } from "rivulet";
import type { Replica } from "rivulet/sync";
import { expect, onTestFinished, test } from "vitest";
import { contextOf } from "../../dist/src/sync/context-of.js";
import type { Transport } from "../../dist/src/sync/messages.js";
import { startReplica } from "../../dist/src/sync/replica/replica.js";
import { realTiming } from "../../dist/src/sync/timing.js";
import { account, bank } from "../support/sync/bank.ts";
import { deposit, startHub, type Hub } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";

const SILENCE = new Promise<never>(() => undefined);

interface Device {
  readonly replica: Replica;
  /** How many pulls and pushes were begun. */
  readonly begun: { pulls: number; pushes: number };
  /** Set it to let every further call of the transport hang, as a dead connection does. */
  dead: boolean;
  now: number;
}

/** A device whose pulls hang after their first line. */
async function startSleeper({ core }: Hub): Promise<Device> {
  const begun = { pulls: 0, pushes: 0 };
  const transport: Transport = {
    push(message) {
      begun.pushes += 1;
      return device.dead ? SILENCE : core.push("ada", structuredClone(message));
    },
    async *pull(message, signal) {
      begun.pulls += 1;
      for await (const line of core.pull("ada", structuredClone(message), signal)) {
        yield line;
        if (begun.pulls === 1) await SILENCE;
      }
    },
  };
  const store = await openEventStore(memory(), { clock: () => device.now });
  const device = { begun, dead: false, now: 1_000_000 } as Device & { replica: Replica };
  device.replica = await startReplica(contextOf(store), {
    transport,
    timing: realTiming,
    items: [{ kind: "prefix", name: "account-" }],
    deciders: { bank },
    most: 100,
    patience: 40_000,
  });
  onTestFinished(async () => {
    await device.replica.close();
    await store.close();
  });
  await until(device.replica, () => device.replica.status.connection === "live");
  return device;
}

test("couchbase-lite-net#563: woken after a long sleep, a replica gives up the connection on which nothing came, and gets everything", async () => {
  const hub = await startHub();
  const device = await startSleeper(hub);
  for (const label of ["a", "b", "c"]) await hub.store.stream("account-1").execute(bank, deposit(label));

  device.now += 60 * 60_000;
  device.replica.hurry();

  await until(device.replica, async () => (await device.replica.stream("account-1").load(account)).version === 3);
  expect(device.begun.pulls).toBe(2);
});

test("a connection on which the hub was heard a moment ago is kept", async () => {
  const hub = await startHub();
  const device = await startSleeper(hub);

  device.now += 5_000;
  device.replica.hurry();
  await device.replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => hub.store.head()).toBe(1);

  expect(device.begun).toEqual({ pulls: 1, pushes: 1 });
});

test("a push that hangs is sent again when the device wakes, and counts once", async () => {
  const hub = await startHub();
  const device = await startSleeper(hub);
  device.dead = true;
  const { confirmed } = await device.replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => device.begun.pushes).toBe(1);

  device.dead = false;
  device.now += 60 * 60_000;
  device.replica.hurry();

  await confirmed;
  expect(device.begun).toEqual({ pulls: 2, pushes: 2 });
  expect(await hub.store.head()).toBe(1);
});
