/** A device that wakes: its connections are dead, and nothing tells it so. */
import { memory, openEventStore } from "rivulet";
import type { Replica } from "rivulet/sync";
import { expect, onTestFinished, test } from "vitest";
import { contextOf } from "../../dist/src/sync/context-of.js";
import type { Transport } from "../../dist/src/sync/messages.js";
import { startReplica } from "../../dist/src/sync/replica/replica.js";
import { realTiming } from "../../dist/src/sync/timing.js";
import type { AbortSignalLike } from "../../dist/src/platform.js";
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
  /** Ends the waits for signs of the hub that have begun. */
  readonly waits: (() => void)[];
}

const PATIENCE = 40_000;

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
  const waits: (() => void)[] = [];
  const device = { begun, waits, dead: false, now: 1_000_000 } as Device & { replica: Replica };
  device.replica = await startReplica(contextOf(store), {
    transport,
    timing: { ...realTiming, wait },
    items: [{ kind: "prefix", name: "account-" }],
    deciders: { bank },
    most: 100,
    patience: PATIENCE,
  });
  onTestFinished(async () => {
    await device.replica.close();
    await store.close();
  });
  await until(device.replica, () => device.replica.status.connection === "live");
  return device;

  function wait(milliseconds: number, signal: AbortSignalLike): Promise<void> {
    if (milliseconds !== PATIENCE) return realTiming.wait(milliseconds, signal);
    return Promise.race([realTiming.wait(milliseconds, signal), new Promise<void>((resolve) => waits.push(resolve))]);
  }
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

/** Ends the wait for signs that goes on, after so many milliseconds. */
function endWait(device: Device, milliseconds: number): void {
  device.now += milliseconds;
  device.waits.at(-1)?.();
}

/** Ends the wait in which the first line came, and resolves once the next one has begun, in which nothing comes. */
async function hearNothing(device: Device): Promise<void> {
  const begun = device.waits.length;
  endWait(device, PATIENCE);
  await expect.poll(() => device.waits.length).toBe(begun + 1);
  expect(device.begun.pulls).toBe(1);
}

test("a hub of which nothing was heard for long is asked again", async () => {
  const device = await startSleeper(await startHub());
  await hearNothing(device);

  endWait(device, PATIENCE);

  await expect.poll(() => device.begun.pulls).toBe(2);
});

test("a device that slept or was busy for long, and so has heard nothing, does not call the hub silent", async () => {
  const device = await startSleeper(await startHub());
  await hearNothing(device);
  const begun = device.waits.length;

  endWait(device, 60 * 60_000);

  await expect.poll(() => device.waits.length).toBe(begun + 1);
  expect(device.begun.pulls).toBe(1);
});

test("a device of which every wait lasts too long still calls a silent hub silent", async () => {
  const device = await startSleeper(await startHub());
  await hearNothing(device);
  const begun = device.waits.length;
  endWait(device, 60 * 60_000);
  await expect.poll(() => device.waits.length).toBe(begun + 1);

  endWait(device, 60 * 60_000);

  await expect.poll(() => device.begun.pulls).toBe(2);
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
