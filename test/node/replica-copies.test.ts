/** What becomes of a replica whose database is copied, exported or emptied. */
import Database from "better-sqlite3";
import { copyFileSync } from "node:fs";
import { memory, openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";
import { follow, type Replica } from "rivulet/sync";
import { createHub, type Hub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import { account, bank, type BankCommand, type BankEvent } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";
import { temporaryPath } from "../support/temporary.ts";

const deposit = (amount: number, label: string): BankCommand => ({ do: "deposit", amount, label });

test("a copy of a replica's database goes on as a replica of its own: what was pending in both counts once, and both have everything", async () => {
  const { hub, central } = await startHub();
  const path = temporaryPath();
  const first = await start(path, hub);
  await (
    await first.replica.stream("account-1").execute("bank", deposit(5, "before"))
  ).confirmed;
  await first.stop();
  const offline = await start(path, undefined);
  await offline.replica.stream("account-1").execute("bank", deposit(7, "pending"));
  await offline.replica.stream("account-1").execute("bank", { do: "withdraw", amount: 2, label: "spent" });
  await offline.replica.stream<BankEvent>("account-1").append({ type: "noted", data: { label: "note" } });
  await offline.stop();
  const copied = temporaryPath();
  copyFileSync(path, copied);
  renewLineage(copied);

  const original = await start(path, hub);
  const copy = await start(copied, hub);
  await original.replica.stream("account-1").execute("bank", deposit(1, "here"));
  await copy.replica.stream("account-1").execute("bank", deposit(2, "there"));
  await Promise.all([original.replica.flush(), copy.replica.flush()]);
  for (const { replica, store } of [original, copy])
    await until(replica, async () => (await store.stream("account-1").version()) === 7);

  const events = await central.stream<BankEvent>("account-1").read().toArray();
  expect(events.map(({ data }) => data.label).sort()).toEqual(
    ["before", "pending", "spent", "spent", "note", "here", "there"].sort(),
  );
  const state = await central.stream("account-1").load(account);
  for (const { replica } of [original, copy])
    expect(await replica.stream("account-1").load(account)).toEqual({ ...state, pending: 0 });
  expect((await copy.store.info()).lineage).not.toBe((await original.store.info()).lineage);
});

test("an export of a replica has what is confirmed, and a store that imports it owns the streams", async () => {
  const { hub } = await startHub();
  const { store, replica } = await start(temporaryPath(), hub);
  await (
    await replica.stream("account-1").execute("bank", deposit(5, "a"))
  ).confirmed;
  await replica.close();
  const offline = await followed(store, undefined);
  await offline.stream("account-1").execute("bank", deposit(7, "b"));

  const other = await openEventStore(memory());
  onTestFinished(() => other.close());
  const { imported } = await other.importEvents(ndjson, store.exportEvents(ndjson));

  expect(imported).toBe(1);
  await other.stream("account-1").append({ type: "noted", data: { label: "mine" } });
});

test("a database that was emptied gets everything again from the hub, and nothing that it had is pending", async () => {
  const { hub } = await startHub();
  const first = await start(temporaryPath(), hub);
  await (
    await first.replica.stream("account-1").execute("bank", deposit(5, "a"))
  ).confirmed;
  await first.stop();

  const { store, replica } = await start(temporaryPath(), hub);
  await until(replica, () => replica.status.connection === "live");

  expect(await store.stream("account-1").version()).toBe(1);
  expect(replica.status).toMatchObject({ pending: 0, rejected: 0, lag: 0 });
});

async function startHub(): Promise<{ hub: Hub; central: EventStore }> {
  const central = await openEventStore(memory());
  const hub = createHub(central, { authenticate: () => "ada", mayAppend: () => true, deciders: { bank } });
  onTestFinished(() => central.close());
  return { hub, central };
}

async function start(
  path: string,
  hub: Hub | undefined,
): Promise<{ store: EventStore; replica: Replica; stop(): Promise<void> }> {
  const store = await openEventStore(betterSqlite3({ path }));
  const replica = await followed(store, hub);
  onTestFinished(() => store.close());
  return { store, replica, stop: () => store.close() };
}

/** Without a hub, the network is gone. */
function followed(store: EventStore, hub: Hub | undefined): Promise<Replica> {
  return follow(store, {
    url: "https://example.org/sync",
    fetch: async (url, init) => {
      if (hub === undefined) throw new Error("no network");
      return hub.fetch(new Request(url, init));
    },
    streamPrefixes: ["account-"],
    deciders: { bank },
  });
}

/** As an import does where the copy becomes a store of its own. */
function renewLineage(path: string): void {
  const database = new Database(path);
  database.prepare("UPDATE meta SET value = ? WHERE key = 'lineage'").run(crypto.randomUUID());
  database.close();
}
