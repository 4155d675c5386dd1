/** What a replica does while it holds the lease, and what comes to an end only after it has lost it. */
import { expect, test } from "vitest";
import type { EntryAnswer } from "../../dist/src/sync/messages.js";
import { deposit, startHub, withSync } from "../support/sync/reported.ts";
import { createHold, PATIENCE, RENEWAL, startRuledDevice } from "../support/sync/ruled-device.ts";
import { until } from "../support/sync/until.ts";

const LATER: EntryAnswer = { outcome: "later", reason: { code: "unexpected", message: "the hub is busy" } };

test("a line that is stored after the lease was lost shows no connection", async () => {
  const { core } = await startHub();
  const applying = createHold();
  applying.hold();
  const { replica, waits, lease } = await startRuledDevice(core, { storage: holding("applyConfirmed", applying) });
  lease(true);
  await expect.poll(() => applying.waiting).toBe(1);

  lease(false);
  waits.end(RENEWAL);
  await until(replica, () => replica.status.connection === "waiting");
  applying.release();
  await settled();

  expect([replica.status.connection, replica.status.lag]).toEqual(["waiting", undefined]);
});

test("what a replica learns of its places after the lease was lost shows no connection", async () => {
  const { core } = await startHub();
  const loading = createHold();
  const { replica, waits, lease } = await startRuledDevice(core, { storage: holding("loadReplica", loading) });
  // That of the pull; the push asks after it.
  loading.hold(1);
  lease(true);
  await expect.poll(() => loading.waiting).toBe(1);
  const shown: string[] = [];
  replica.subscribe(() => shown.push(replica.status.connection));

  lease(false);
  waits.end(RENEWAL);
  await settled();
  loading.release();
  await settled();

  expect(shown.filter((connection) => connection !== "waiting")).toEqual([]);
});

test("a line that is stored after its pull was given up for silence shows no connection", async () => {
  const { core } = await startHub();
  const applying = createHold();
  applying.hold();
  const { replica, waits, lease } = await startRuledDevice(core, { storage: holding("applyConfirmed", applying) });
  lease(true);
  await expect.poll(() => applying.waiting).toBe(1);

  // Twice: a line was heard in the first of them.
  waits.end(PATIENCE);
  await settled();
  waits.end(PATIENCE);
  await until(replica, () => replica.status.connection === "offline");
  applying.release();
  await settled();

  expect(replica.status.connection).toBe("offline");
});

test("what the hub decides later is pushed again by the next term, although the pause before that ended with the last one", async () => {
  const { core, store } = await startHub();
  let busy = true;
  const { replica, waits, lease } = await startRuledDevice(core, {
    transport: (sound) => ({
      ...sound,
      push: (message, signal) =>
        busy ? Promise.resolve({ answers: message.entries.map(() => LATER) }) : sound.push(message, signal),
    }),
  });
  lease(true);
  await until(replica, () => replica.status.connection === "live");
  await replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => waits.pauses).toBe(1);
  expect(replica.status).toMatchObject({ connection: "live", delayed: { message: "the hub is busy" } });

  lease(false);
  waits.end(RENEWAL);
  await until(replica, () => replica.status.connection === "waiting");
  expect(replica.status.delayed).toBeUndefined();
  busy = false;
  lease(true);
  await replica.flush();

  expect(await store.stream("account-1").version()).toBe(1);
});

test("hurrying ends all pauses: after a push that failed, and of what the hub decides later", async () => {
  const { core, store } = await startHub();
  let weather: "later" | "fails" | "fine" = "later";
  const { replica, waits, lease } = await startRuledDevice(core, {
    transport: (sound) => ({
      ...sound,
      push(message, signal) {
        if (weather === "fine") return sound.push(message, signal);
        if (weather === "fails") return Promise.reject(new Error("no network"));
        return Promise.resolve({ answers: message.entries.map(() => LATER) });
      },
    }),
  });
  lease(true);
  await until(replica, () => replica.status.connection === "live");
  await replica.stream("account-1").execute("bank", deposit("a"));
  await expect.poll(() => waits.pauses).toBe(1);
  weather = "fails";
  await replica.stream("account-2").execute("bank", deposit("b"));
  await expect.poll(() => waits.pauses).toBe(2);

  expect(replica.status.delayed).toEqual({ code: "unexpected", message: "the hub is busy" });

  weather = "fine";
  replica.hurry();
  await replica.flush();

  await until(replica, () => replica.status.delayed === undefined);
  expect(await store.head()).toBe(2);
});

test.each(["the hub cannot be reached", "the storage cannot give the lease"])(
  "a listener may close the replica when it hears that %s: no pause goes on",
  async (trouble) => {
    const { core } = await startHub();
    const { replica, waits, lease } = await startRuledDevice(core, {
      transport: (sound) => ({ ...sound, pull: () => failing(new Error("no network")) }),
      storage: (storage) => {
        const acquireLease = (): never => {
          throw new Error("no answer");
        };
        const fails = trouble.startsWith("the storage");
        return fails ? { ...storage, leases: { ...storage.leases, acquireLease } } : storage;
      },
    });
    let closing: Promise<void> | undefined;
    replica.subscribe(() => {
      if (replica.status.error !== undefined) closing ??= replica.close();
    });
    lease(true);
    await until(replica, () => closing !== undefined);
    await closing;

    expect(replica.status.connection).toBe("stopped");
    expect(waits.pauses).toBe(0);
  },
);

test("the status tells the newest error of the storage, whatever it is", async () => {
  const { core } = await startHub();
  const circular: { self?: unknown; readonly message: string } = { message: "circular" };
  circular.self = circular;
  const thrown = [new Error("one"), new Error("two"), Object.assign(new Error("three"), { circular }), circular, 5n];
  let attempt = 0;
  const { replica, waits, lease } = await startRuledDevice(core, {
    storage: (storage) => {
      const acquireLease = (): never => {
        throw thrown[attempt++];
      };
      return { ...storage, leases: { ...storage.leases, acquireLease } };
    },
  });
  lease(true);
  for (const [index, error] of thrown.entries()) {
    await expect.poll(() => [attempt, waits.pauses]).toEqual([index + 1, 1]);
    expect(replica.status.error).toBe(error);
    replica.hurry();
  }
});

test("an answer to a conflict whose append was discarded meanwhile is left alone", async () => {
  const { core, store } = await startHub();
  let answer: (() => void) | undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  let told = 0;
  const { replica, waits, lease } = await startRuledDevice(core, {
    parts: {
      async onConflict({ entries }) {
        told += 1;
        await asked;
        return entries.map((entry) => ({ ...entry, expectedVersion: "any" as const }));
      },
    },
  });
  lease(true);
  await store.stream("account-1").append({ type: "noted", data: { label: "hub" } });
  await until(replica, async () => (await replica.stream("account-1").version()) === 1);
  lease(false);
  waits.end(RENEWAL);
  await until(replica, () => replica.status.connection === "waiting");
  await store.stream("account-1").append({ type: "noted", data: { label: "hub again" } });
  const account = replica.stream("account-1");
  const { confirmed } = await account.append({ type: "noted", data: { label: "here" } }, { expectedVersion: 1 });
  lease(true);
  await expect.poll(() => told).toBe(1);
  await replica.unfollow({ streamPrefixes: ["account-"], discardPending: true });
  answer?.();

  // An error of the answer would be uncaught, which fails the run.
  await expect(confirmed).rejects.toMatchObject({ code: "entry-rejected" });
  await settled();
  expect(await replica.pending()).toEqual([]);
});

test("a listener that is subscribed twice is called until both are stopped", async () => {
  const { core } = await startHub();
  const { replica, lease } = await startRuledDevice(core);
  let calls = 0;
  const listener = (): void => void (calls += 1);
  const stop = replica.subscribe(listener);
  replica.subscribe(listener);
  stop();
  lease(true);
  await until(replica, () => replica.status.connection === "live");

  expect(calls).toBeGreaterThan(0);
});

/** A pull that fails before its first line. */
function failing(error: unknown): AsyncIterable<never> {
  const next = async (): Promise<never> => {
    throw error;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

function holding(verb: "applyConfirmed" | "loadReplica", hold: ReturnType<typeof createHold>) {
  return withSync((sync) => ({
    [verb]: async (argument: never) => {
      await hold.pass();
      return (sync[verb] as (argument: never) => Promise<unknown>)(argument);
    },
  }));
}

/** Resolves once whatever was set off has gone as far as it can. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}
