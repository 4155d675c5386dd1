/** What a replica shows: confirmed events, and what is pending on top of them. */
import type { StoredEvent } from "rivulet";
import { defineProjection } from "rivulet/projections";
import type { ShownEvent } from "rivulet/sync";
import { expect, test } from "vitest";
import { account, bank, type BankEvent } from "../support/sync/bank.ts";
import { deposit, startDevice, startHub, withdraw, type Device } from "../support/sync/reported.ts";
import { until } from "../support/sync/until.ts";

const noted = (label: string): BankEvent => ({ type: "noted", data: { label } });

/** What is confirmed and pending in three streams: a and c are confirmed, the others wait. */
async function startShown(): Promise<Device & { readonly hub: Awaited<ReturnType<typeof startHub>> }> {
  const hub = await startHub();
  const device = await startDevice(hub.core);
  const { replica, weather } = device;
  await confirmed(replica.stream<BankEvent>("account-1").append(noted("a")));
  await confirmed(replica.stream<BankEvent>("account-2").append(noted("b")));
  await device.store.stream("own").append({ type: "drafted" });
  weather.push = "fails";
  await replica.stream<BankEvent>("account-2").append(noted("c"));
  await replica.stream("account-1").execute("bank", deposit("d"));
  await replica.stream("account-1").execute("bank", withdraw("e", 2));
  return { ...device, hub };
}

async function confirmed(
  queued: Promise<{ confirmed: Promise<readonly StoredEvent[]> }>,
): Promise<readonly StoredEvent[]> {
  return (await queued).confirmed;
}

function shown(events: readonly ShownEvent[]): readonly string[] {
  return events.map(({ data, type, version, pending }) => {
    const { label } = data as { label: string };
    return `${label}${type === "fee" ? " fee" : ""} ${version}${pending === true ? " pending" : ""}`;
  });
}

function backward(labels: readonly string[]): readonly string[] {
  return labels.map((_label, index) => labels[labels.length - 1 - index] as string);
}

test("a stream is read with what is pending after it, and every option means the same as in the store", async () => {
  const { replica, store } = await startShown();
  const stream = replica.stream<BankEvent>("account-1");
  const all = ["a 1", "d 2 pending", "e 3 pending", "e fee 4 pending"];

  expect(shown(await stream.read().toArray())).toEqual(all);
  expect(shown(await stream.read({ direction: "backward" }).toArray())).toEqual(backward(all));
  expect(shown(await stream.read({ limit: 2 }).toArray())).toEqual(all.slice(0, 2));
  expect(shown(await stream.read({ direction: "backward", limit: 2 }).toArray())).toEqual(backward(all.slice(2)));
  expect(shown(await stream.read({ after: 2 }).toArray())).toEqual(all.slice(2));
  expect(shown(await stream.read({ upTo: 3 }).toArray())).toEqual(all.slice(0, 3));
  expect(shown(await stream.read({ after: 1, upTo: 2, direction: "backward" }).toArray())).toEqual(["d 2 pending"]);
  expect(shown(await stream.read({ asOf: Date.now() + 60_000 }).toArray())).toEqual(["a 1"]);
  expect(await stream.read({ pending: false }).toArray()).toEqual(await store.stream("account-1").read().toArray());
  expect([await stream.version(), await stream.version({ pending: false })]).toEqual([4, 1]);
});

test("the followed streams are read in the order of arrival, then of the outbox; the store's own streams are not part of them", async () => {
  const { replica, store } = await startShown();

  const events = await replica.read().toArray();
  expect(shown(events)).toEqual(["a 1", "b 1", "c 2 pending", "d 2 pending", "e 3 pending", "e fee 4 pending"]);
  const head = await store.head();
  expect(events.map(({ position }) => position)).toEqual([1, 2, head + 1, head + 2, head + 3, head + 4]);
  expect(shown(await replica.read({ types: ["noted"] }).toArray())).toEqual(["a 1", "b 1", "c 2 pending"]);
  expect(shown(await replica.read({ streams: ["account-2"] }).toArray())).toEqual(["b 1", "c 2 pending"]);
  expect(shown(await replica.read({ pending: false, direction: "backward" }).toArray())).toEqual(["b 1", "a 1"]);
  expect(shown(await replica.read({ after: head, limit: 1 }).toArray())).toEqual(["c 2 pending"]);
});

test("states of a stream and of several have what is pending, or leave it out", async () => {
  const { replica } = await startShown();
  const stream = replica.stream("account-1");

  expect(await stream.load(account)).toEqual({
    state: { balance: 2, labels: ["a", "d", "e", "e:fee"] },
    version: 4,
    pending: 2,
  });
  expect(await stream.load(account, { pending: false })).toEqual({
    state: { balance: 0, labels: ["a"] },
    version: 1,
    pending: 0,
  });
  expect(await stream.load(account, { upTo: 2 })).toMatchObject({ state: { labels: ["a", "d"] }, version: 2 });
  expect(await stream.load(account, { upTo: 1 })).toMatchObject({ state: { labels: ["a"] }, version: 1, pending: 0 });
  expect(await replica.load(account)).toEqual({
    state: { balance: 2, labels: ["a", "b", "c", "d", "e", "e:fee"] },
    position: 3,
    pending: 3,
  });
  expect(await replica.load(account, { streams: ["account-2"] })).toMatchObject({
    state: { labels: ["b", "c"] },
    pending: 1,
  });
  expect(await replica.load(account, { pending: false })).toMatchObject({ state: { labels: ["a", "b"] }, pending: 0 });
});

test("an append to several streams is pending as a whole, in its order, and is confirmed with the events of the hub", async () => {
  const hub = await startHub();
  const { replica, weather } = await startDevice(hub.core);
  weather.push = "fails";
  const { events, confirmed: later } = await replica.append<BankEvent>([
    { stream: "account-2", events: noted("a"), expectedVersion: "no-stream" },
    { stream: "account-1", events: [noted("b"), noted("c")] },
    { stream: "account-2", events: noted("d"), expectedVersion: 1 },
  ]);

  expect(shown(events)).toEqual(["a 1 pending", "b 1 pending", "c 2 pending", "d 2 pending"]);
  expect(shown(await replica.read().toArray())).toEqual(shown(events));
  expect(replica.status.pending).toBe(1);
  await expect(replica.append([{ stream: "own", events: noted("x") }])).rejects.toMatchObject({
    code: "invalid-argument",
  });
  await expect(
    replica.append([
      { stream: "account-1", events: noted("x") },
      { stream: "account-2", events: noted("y"), expectedVersion: 1 },
    ]),
  ).rejects.toMatchObject({ code: "version-conflict", details: { stream: "account-2", expected: 1, actual: 2 } });

  weather.push = "fine";
  replica.hurry();
  expect(shown(await later)).toEqual(["a 1", "b 1", "c 2", "d 2"]);
  expect(shown(await hub.store.read().toArray())).toEqual(["a 1", "b 1", "c 2", "d 2"]);
});

test("an append to several streams that one of them refuses at the hub is refused as a whole", async () => {
  const hub = await startHub();
  const { replica, weather } = await startDevice(hub.core);
  weather.push = "fails";
  const queued = await replica.append<BankEvent>([
    { stream: "account-1", events: noted("a") },
    { stream: "account-2", events: noted("b"), expectedVersion: 0 },
  ]);
  await hub.store.stream("account-2").append(noted("elsewhere"));
  weather.push = "fine";
  replica.hurry();

  await expect(queued.confirmed).rejects.toMatchObject({
    code: "entry-rejected",
    details: { reason: "version-conflict" },
  });
  expect(await hub.store.head()).toBe(1);
  await until(replica, async () => (await replica.read().toArray()).length === 1);
});

test("a watch gives each confirmed event once, and what is pending as a whole: what the hub decides otherwise replaces what was shown", async () => {
  const hub = await startHub();
  const { replica, weather } = await startDevice(hub.core);
  await confirmed(replica.stream("account-1").execute("bank", deposit("a", 9)));
  weather.push = "fails";
  const seen: string[][] = [];
  let caughtUp = 0;
  const watch = replica.stream<BankEvent>("account-1").watch({ onCaughtUp: () => (caughtUp += 1) });
  const next = async (): Promise<void> => {
    const { value } = (await watch.next()) as IteratorYieldResult<{ confirmed: ShownEvent[]; pending: ShownEvent[] }>;
    seen.push([...shown(value.confirmed), "|", ...shown(value.pending)]);
  };

  await next();
  const rest = await replica.stream("account-1").execute("bank", { do: "empty", label: "rest" });
  await next();
  await hub.store.stream("account-1").execute(bank, withdraw("elsewhere", 3));
  await next();
  weather.push = "fine";
  replica.hurry();
  await next();
  const stored = await rest.confirmed;

  expect(seen).toEqual([
    ["a 1", "|"],
    ["|", "rest 2 pending"],
    ["elsewhere 2", "elsewhere fee 3", "|", "rest 4 pending"],
    ["rest 4", "|"],
  ]);
  expect(caughtUp).toBe(1);
  expect(rest.events.map(({ data }) => (data as { amount: number }).amount)).toEqual([9]);
  expect(stored.map(({ data, version }) => [(data as { amount: number }).amount, version])).toEqual([[5, 4]]);
  await watch.return?.();
});

test("a watch of confirmed events alone gives them one by one, over one stream and over the followed ones", async () => {
  const { replica, weather } = await startShown();
  const one = replica.stream<BankEvent>("account-1").watch({ pending: false });
  const all = replica.watch<BankEvent>({ pending: false, after: 1 });
  weather.push = "fine";
  replica.hurry();

  const take = async (watch: AsyncIterator<ShownEvent>, count: number): Promise<readonly string[]> => {
    const events: ShownEvent[] = [];
    while (events.length < count) events.push(((await watch.next()) as IteratorYieldResult<ShownEvent>).value);
    return shown(events);
  };
  expect(await take(one, 4)).toEqual(["a 1", "d 2", "e 3", "e fee 4"]);
  expect(await take(all, 5)).toEqual(["b 1", "c 2", "d 2", "e 3", "e fee 4"]);
});

test("a long history is watched page by page, with nothing pending before its end", async () => {
  const hub = await startHub();
  const { replica, weather } = await startDevice(hub.core);
  await hub.store.stream("account-1").append(Array.from({ length: 3_000 }, (_, index) => noted(`${index}`)));
  await until(replica, async () => (await replica.stream("account-1").version()) === 3_000);
  weather.push = "fails";
  await replica.stream("account-1").execute("bank", deposit("mine"));

  const sizes: number[][] = [];
  for await (const { confirmed: events, pending } of replica.watch()) {
    sizes.push([events.length, pending.length]);
    if (pending.length > 0) break;
  }

  expect(sizes.length).toBeGreaterThan(3);
  expect(sizes.map(([events]) => events as number).reduce((sum, size) => sum + size)).toBe(3_000);
});

test("live states have the confirmed state and the one with what is pending, and fold each confirmed event once", async () => {
  const hub = await startHub();
  const { replica, weather } = await startDevice(hub.core);
  const folded: string[] = [];
  const labels = defineProjection<readonly string[], BankEvent>({
    name: "labels",
    initial: () => [],
    on: {
      deposited: (state, event) => {
        if (!("pending" in event)) folded.push(event.data.label);
        return [...state, event.data.label];
      },
    },
  });
  const one = replica.stream("account-1").project(labels);
  const all = replica.project(labels);
  await Promise.all([one.loaded, all.loaded]);
  await confirmed(replica.stream("account-1").execute("bank", deposit("a")));
  weather.push = "fails";
  await replica.stream("account-1").execute("bank", deposit("b"));
  await replica.stream("account-2").execute("bank", deposit("c"));
  await until(replica, () => all.pending === 2 && one.pending === 1);

  expect([one.state, one.confirmed, one.version, one.pending]).toEqual([["a", "b"], ["a"], 2, 1]);
  expect([all.state, all.confirmed, all.position, all.pending]).toEqual([["a", "b", "c"], ["a"], 1, 2]);
  weather.push = "fine";
  replica.hurry();
  await until(replica, () => all.pending === 0 && one.pending === 0);
  expect([all.confirmed, one.confirmed]).toEqual([all.state, one.state]);
  expect([...folded].sort()).toEqual(["a", "a", "b", "b", "c"]);
  one.close();
  expect(one.error).toBeUndefined();
});

test("once the replica is closed, watches and live states end with store-closed, and reads go on", async () => {
  const { replica } = await startShown();
  const watch = replica.watch();
  await watch.next();
  const waiting = watch.next();
  const live = replica.project(account);
  await live.loaded;
  await replica.close();

  await expect(waiting).rejects.toMatchObject({ code: "store-closed" });
  expect(live.error).toMatchObject({ code: "store-closed" });
  expect((await replica.read().toArray()).length).toBe(6);
});

test("options that are wrong are refused where they are given", async () => {
  const { replica } = await startShown();
  const stream = replica.stream("account-1");
  const wrong = { code: "invalid-argument" };
  const calls: readonly ((given: never) => unknown)[] = [
    (given) => stream.read(given),
    (given) => stream.watch(given),
    (given) => replica.read(given),
    (given) => replica.watch(given),
    (given) => replica.load(account, given),
    (given) => replica.project(account, given),
    (given) => stream.load(account, given),
    (given) => stream.version(given),
    (given) => replica.append([{ stream: "account-1", events: noted("x") }], given),
    (given) => replica.follow(given),
    (given) => replica.unfollow(given),
  ];
  for (const call of calls) {
    await expect((async () => call({ unknown: 1 } as never))(), call.toString()).rejects.toMatchObject(wrong);
  }
  await expect(replica.append([])).rejects.toMatchObject(wrong);
});

test("an event that has arrived is not pending as well, although this client has not heard yet that it left the outbox", async () => {
  const hub = await startHub();
  let held = false;
  const device = await startDevice(hub.core, {
    storage: (storage) => ({
      ...storage,
      onChange: (listener, onEnd) => storage.onChange((news) => (held ? undefined : listener(news)), onEnd),
    }),
  });
  const { replica, weather } = device;
  const other = (await device.open()).replica.stream<BankEvent>("account-1");
  weather.push = "fails";
  await other.execute("bank", deposit("a"));
  await other.append(noted("b"));
  await until(replica, () => replica.status.pending === 2);
  expect(shown(await other.read().toArray())).toEqual(["a 1 pending", "b 2 pending"]);
  held = true;
  weather.push = "fine";
  replica.hurry();
  await replica.flush();

  expect(shown(await other.read().toArray())).toEqual(["a 1", "b 2"]);
  expect(await other.load(account)).toEqual({ state: { balance: 5, labels: ["a", "b"] }, version: 2, pending: 0 });
});
