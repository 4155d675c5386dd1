/** What broke in other products that synchronise: each report's essence, as it must not happen here. */
import { memory, openEventStore, type EventStore } from "rivulet";
import type { Replica } from "rivulet/sync";
import { expect, onTestFinished, test } from "vitest";
// Without HTTP, and with a transport of the test's own.
import { contextOf } from "../../dist/src/sync/context-of.js";
import { createHubCore, type HubCore } from "../../dist/src/sync/hub/hub.js";
import type { HubRules } from "../../dist/src/sync/hub/hub-options.js";
import type { PullMessage, PushMessage, Transport } from "../../dist/src/sync/messages.js";
import { startReplica } from "../../dist/src/sync/replica/replica.js";
import { realTiming } from "../../dist/src/sync/timing.js";
import { account, bank, type BankCommand } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";
import { failure } from "../support/outcome.ts";

const deposit = (label: string, amount = 5): BankCommand => ({ do: "deposit", amount, label });
const withdraw = (label: string, amount = 5): BankCommand => ({ do: "withdraw", amount, label });

test("livestore#980, evolu#660: a hub that was emptied is noticed; the replica shows no more as if it were there, and loses nothing", async () => {
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
  const { replica, pulled, restart } = await startDevice(core);
  await until(replica, () => replica.status.connection === "live");
  await replica.close();

  await store.stream("account-1").execute(bank, deposit("b"));
  const again = await restart();
  await until(again, async () => (await again.stream("account-1").load(account)).version === 2);

  expect(pulled.map(({ items }) => items.map(({ position }) => position))).toEqual([[0], [1]]);
});

test("powersync-native#15, powersync-js#1058, mono#4608: a push whose answer was lost is sent again by itself, and counts once", async () => {
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
  const { replica, weather, store: own } = await startDevice(core, { lines: "malformed" });
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
  const { replica } = await startDevice(core, { push: "fails" }, 2);
  await replica.stream("account-1").execute("bank", deposit("a"));
  await replica.stream("account-1").append({ type: "noted", data: { label: "b" } });

  const error = await failure(replica.stream("account-1").execute("bank", deposit("c")), "outbox-full");

  expect(error.details).toEqual({ entries: 2 });
  expect((await replica.pending()).map(({ entry, streams }) => [entry.kind, streams])).toEqual([
    ["command", ["account-1"]],
    ["append", ["account-1"]],
  ]);
});

/** What a network does, as the test says. */
interface Weather {
  push: "fine" | "fails" | "loses the answer";
  lines: "fine" | "held" | "malformed";
  mostBytes: number;
  pushes: number;
  release(): void;
}

async function startHub(): Promise<{ core: HubCore<string>; store: EventStore }> {
  const store = await openEventStore(memory());
  onTestFinished(() => store.close());
  const rules: HubRules<string> = { deciders: { bank }, mayAppend: () => true };
  return { core: createHubCore(contextOf(store), rules, { heartbeat: 50 }, realTiming.wait), store };
}

async function startDevice(
  first: HubCore<string>,
  parts: Partial<Weather> = {},
  most = 100,
): Promise<{
  replica: Replica;
  store: EventStore;
  weather: Weather;
  pulled: PullMessage[];
  connect(core: HubCore<string>): void;
  restart(): Promise<Replica>;
}> {
  let core = first;
  let cut = new AbortController();
  const held: (() => void)[] = [];
  const pulled: PullMessage[] = [];
  const weather: Weather = {
    push: "fine",
    lines: "fine",
    mostBytes: Infinity,
    pushes: 0,
    release() {
      weather.lines = "fine";
      held.splice(0).forEach((pass) => pass());
    },
    ...parts,
  };
  const transport: Transport = {
    async push(message) {
      if (weather.push === "fails") throw new Error("no network");
      if (JSON.stringify(message).length > weather.mostBytes) {
        throw Object.assign(new Error("too large"), {
          name: "EventStoreError",
          code: "entry-rejected",
          details: { id: "", reason: "too-large" },
        });
      }
      const answer = await core.push("ada", structuredClone(message));
      weather.pushes += 1;
      if (weather.push === "loses the answer") throw new Error("the answer is lost");
      return answer;
    },
    async *pull(message, signal) {
      pulled.push(message);
      const own = cut.signal;
      for await (const line of core.pull("ada", structuredClone(message), signal)) {
        if (own.aborted) throw new Error("the connection is cut");
        if (weather.lines === "held") await new Promise<void>((resolve) => held.push(resolve));
        yield weather.lines === "malformed" ? { ...line, events: [[1, "account-1"]] } : line;
      }
    },
  };
  const store = await openEventStore(memory());
  const start = async (): Promise<Replica> => {
    const replica = await startReplica(contextOf(store), {
      transport,
      timing: { ...realTiming, random: () => 0 },
      items: [{ kind: "prefix", name: "account-" }],
      deciders: { bank },
      most,
      patience: 60_000,
    });
    onTestFinished(() => replica.close());
    return replica;
  };
  onTestFinished(() => store.close());
  return {
    replica: await start(),
    store,
    weather,
    pulled,
    connect(next) {
      core = next;
      cut.abort();
      cut = new AbortController();
    },
    restart: start,
  };
}
