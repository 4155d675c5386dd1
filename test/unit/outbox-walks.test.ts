/** However many of its entries change one after another, a long outbox is not read for each of them. */
import { memory, openEventStore } from "rivulet";
import { wrapVerbs, type Adapter, type OutboxPage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow, type FetchLike, type Queued, type Replica } from "rivulet/sync";
import { createTestHub, type TestHub } from "rivulet/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { recordStatements } from "../support/statements.ts";
import { bank } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";

/** How many entries the outbox has. Every reading of it counts them all. */
const LONG = 100;

/** How often the outbox may be read, whatever the number of its entries. */
const READINGS = 4;

/** What happens to each of the entries, and is counted. */
interface Walk {
  /** The outbox before it, queued while the hub cannot be reached. */
  readonly begin?: (device: Device) => Promise<unknown>;
  readonly run: (device: Device) => Promise<unknown>;
  /** Whether a conflict is answered only when the answer to the one before it is queued. */
  readonly inTurn?: true;
}

interface Device {
  readonly replica: Replica;
  readonly hub: TestHub;
}

const conflicting: Walk = {
  begin: async ({ hub, replica }) => {
    const stream = replica.stream("account-1");
    for (let count = 0; count < LONG; count++) await stream.append(noted("a"), { expectedVersion: count });
    // So many that none of the versions fits.
    await hub.store.stream("account-1").append(Array.from({ length: LONG }, () => noted("other")));
  },
  run: async ({ hub, replica }) => {
    goOnline(hub, replica);
    await replica.flush();
    expect(await hub.store.stream("account-1").version()).toBe(2 * LONG);
  },
};

const WALKS: Readonly<Record<string, Walk>> = {
  "entries are queued": { run: appendAll },
  "commands are queued": { run: executeAll },
  "entries are confirmed": {
    begin: appendAll,
    run: async ({ hub, replica }) => {
      goOnline(hub, replica);
      await replica.flush();
    },
  },
  "entries are confirmed that are awaited": {
    run: async (device) => {
      const queued = await appendAll(device);
      const confirmed = queued.map((one) => one.confirmed);
      goOnline(device.hub, device.replica);
      await Promise.all(confirmed);
    },
  },
  "commands are confirmed": {
    begin: executeAll,
    run: async ({ hub, replica }) => {
      goOnline(hub, replica);
      await replica.flush();
    },
  },
  "entries are refused": { begin: (device) => appendAll(device, "refused"), run: refuseAll },
  "refused entries are discarded": {
    begin: async (device) => {
      await appendAll(device, "refused");
      await refuseAll(device);
    },
    run: async ({ replica }) => {
      for (const { id } of await replica.rejected()) await replica.discard(id);
    },
  },
  "refused entries are tried again": {
    begin: async (device) => {
      await appendAll(device, "refused");
      await refuseAll(device);
      device.hub.offline();
    },
    run: async ({ replica }) => {
      for (const { id } of await replica.rejected()) await replica.retry(id);
    },
  },
  "appends that conflict are replaced by others": conflicting,
  "appends that conflict are replaced by others, one after another": { ...conflicting, inTurn: true },
  "the hub's events of others arrive": {
    begin: async (device) => {
      await appendAll(device, "put off");
      goOnline(device.hub, device.replica);
    },
    run: async ({ hub, replica }) => {
      for (let count = 0; count < LONG; count++) await hub.store.stream("account-2").append(noted("other"));
      await until(replica, async () => (await replica.stream("account-2").version()) === LONG);
    },
  },
};

describe.each<[string, () => Adapter]>([
  ["in memory", () => memory()],
  ["on SQLite", () => betterSqlite3()],
])("%s, a long outbox is read a few times while its", (_storage, adapter) => {
  test.each(Object.entries(WALKS))("%s", async (_name, { begin, run, inTurn }) => {
    const statements = recordStatements();
    let entries = 0;
    const device = await openDevice(adapter(), inTurn, (found) => (entries += found));
    await begin?.(device);
    entries = 0;
    statements.clear();

    await run(device);

    expect(entries).toBeLessThanOrEqual(READINGS * LONG);
    const scans = statements.all.filter((sql) => /FROM outbox(?! WHERE id)/.test(sql));
    expect(scans.length).toBeLessThanOrEqual(2 * READINGS);
  });
});

function noted(label: string) {
  return { type: "noted", data: { label } };
}

async function appendAll({ replica }: Device, label = "a"): Promise<readonly Queued[]> {
  const queued: Queued[] = [];
  for (let count = 0; count < LONG; count++) queued.push(await replica.stream("account-1").append(noted(label)));
  return queued;
}

async function executeAll({ replica }: Device): Promise<void> {
  for (let count = 0; count < LONG; count++)
    await replica.stream("account-1").execute("bank", { do: "deposit", amount: 1, label: "a" });
}

async function refuseAll({ hub, replica }: Device): Promise<void> {
  goOnline(hub, replica);
  await until(replica, () => replica.status.rejected === LONG);
}

function goOnline(hub: TestHub, replica: Replica): void {
  hub.online();
  replica.hurry();
}

/** A device that has reached its hub once, and cannot reach it now. `count` is told of the entries that are read. */
async function openDevice(
  adapter: Adapter,
  inTurn: true | undefined,
  count: (entries: number) => void,
): Promise<Device> {
  const answers = inTurn && createTurns();
  const hub = await createTestHub({
    deciders: { bank },
    mayAppend: (_client, { events }) => {
      const [data] = events.map((event) => event.data);
      if (data?.includes("put off") === true) throw new Error("not yet");
      return data?.includes("refused") === true ? "not here" : true;
    },
  });
  const counted: Adapter = {
    ...adapter,
    async open() {
      const opened = await adapter.open();
      const storage = wrapVerbs(opened.storage, (verb, name) => async (...call) => {
        const answer = await verb(...call);
        if (name === "listEntries") count((answer as OutboxPage).entries.length);
        if (name === "enqueue" && JSON.stringify(call).includes('"replaces"')) answers?.end();
        return answer;
      });
      return { ...opened, storage };
    },
  };
  const store = await openEventStore(counted);
  const fetch: FetchLike = (url, init) => hub.fetch(url, init);
  const replica = await follow(store, {
    ...{ url: hub.url, fetch, streamPrefixes: ["account-"], deciders: { bank } },
    async onConflict({ entries }) {
      await answers?.begin();
      return entries.map((entry) => ({ ...entry, expectedVersion: "any" }));
    },
  });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
    await hub.close();
  });
  await until(replica, () => replica.status.connection === "live");
  hub.offline();
  await until(replica, () => replica.status.connection === "offline");
  return { replica, hub };
}

/** Lets one of many wait for the end of the one that began before it. */
function createTurns(): { begin(): Promise<void> | undefined; end(): void } {
  const waiting: (() => void)[] = [];
  let runs = false;
  return {
    begin() {
      if (runs) return new Promise((resolve) => waiting.push(resolve));
      runs = true;
      return undefined;
    },
    end() {
      const next = waiting.shift();
      if (next === undefined) runs = false;
      else next();
    },
  };
}
