/** Replicas over real HTTP where the hub, or a proxy before it, is in trouble; with what broke in other products by name. */
import { cpSync, rmSync } from "node:fs";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow, type Replica } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import { startScript, type Child } from "../support/child.ts";
import { serveRequests } from "../support/http-server.ts";
import { sharedMemory } from "../support/counting-adapter.ts";
import { account, bank } from "../support/sync/bank.ts";
import { listen } from "../support/sync/node-listener.ts";
import { deposit } from "../support/sync/reported.ts";
import { behindProxy, type Trouble } from "../support/sync/troubled-proxy.ts";
import { until } from "../support/sync/until.ts";
import { temporaryFolder } from "../support/temporary.ts";

test.each<[Trouble, string]>([
  ["doubles every request", "rocicorp/mono#6340"],
  ["answers 502 after the hub has answered", "rocicorp/mono#4608, #4677"],
  ["cuts answers in the middle of a line", "labs#6319"],
  ["passes on answers in small pieces", "a slow line"],
  ["answers from a cache what it may keep", "electric#3116"],
])("behind a proxy that %s, replicas converge, and each command counts once (%s)", async (trouble) => {
  const { url, store } = await startHub(trouble);
  const [ada, ben] = [await deviceOf(url, "ada"), await deviceOf(url, "ben")];
  for (let round = 0; round < 4; round++) {
    await ada.replica.stream("account-1").execute("bank", deposit(`ada ${round}`, 1));
    await ben.replica.stream("account-1").execute("bank", deposit(`ben ${round}`, 1));
    // Half of them one after the other.
    if (round > 1) for (const { replica } of [ada, ben]) await replica.flush();
  }
  for (const device of [ada, ben]) {
    await until(device.replica, async () => (await device.store.stream("account-1").version()) === 8);
  }

  const { state } = await store.stream("account-1").load(account);
  expect([state.balance, new Set(state.labels).size]).toEqual([8, 8]);
  for (const device of [ada, ben]) {
    expect((await device.replica.stream("account-1").load(account)).state).toEqual(state);
  }
});

test.each([
  ["a page", "<!doctype html>\n<title>an application</title>\n"],
  ["a page in one line", "<!doctype html><title>an application</title>"],
  ["the answer of another service", '{"ok":true}'],
  ["the error of another service", '{"error":"no such path"}\n'],
  ["a list", "[]"],
  ["a text", '"ok"'],
  ["null", "null"],
])("an address that answers 200 with %s is no hub, and the status has an error", async (_what, body) => {
  const { origin, close } = await serveRequests(async (_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(body);
  });
  onTestFinished(close);
  const store = await openEventStore(betterSqlite3());
  onTestFinished(() => store.close());
  const replica = await follow(store, { url: `${origin}/sync`, streams: ["account-1"] });
  onTestFinished(() => replica.close());

  await expect.poll(() => replica.status).toMatchObject({ connection: "offline", error: expect.any(Error) as unknown });
});

test("electric#4087, evolu#660: a hub that was restored from a backup is noticed by whoever knows more, also after a restart; whoever knows less goes on", async () => {
  const folder = temporaryFolder();
  const copy = temporaryFolder();
  let hub: Child = startScript("bank-hub", `${folder}/hub.db`, 0);
  const url = (await hub.line("listening")).replace("listening ", "");
  const restart = async (between: () => void): Promise<void> => {
    hub.interrupt("SIGKILL");
    await hub.ended;
    between();
    hub = startScript("bank-hub", `${folder}/hub.db`, Number(new URL(url).port));
    await hub.line("listening");
  };
  const [ada, ben] = [await deviceOf(url, "ada"), await deviceOf(url, "ben")];
  await (
    await ada.replica.stream("account-1").execute("bank", deposit("a"))
  ).confirmed;
  await until(ben.replica, async () => (await ben.store.head()) === 1);
  await ben.replica.close();
  await restart(() => cpSync(folder, copy, { recursive: true }));
  ada.replica.hurry();
  await (
    await ada.replica.stream("account-1").execute("bank", deposit("b"))
  ).confirmed;

  await restart(() => {
    rmSync(folder, { recursive: true });
    cpSync(copy, folder, { recursive: true });
  });
  await until(ada.replica, () => ada.replica.status.connection === "stopped");
  await ada.replica.stream("account-1").execute("bank", deposit("c"));
  await ada.replica.close();
  const other = await replicaOf(ben.store, url, "ben");
  await (
    await other.stream("account-1").execute("bank", deposit("d"))
  ).confirmed;
  // By now the hub has another event in the place of the one that was lost.
  const again = await replicaOf(ada.store, url, "ada");
  await until(again, () => again.status.connection === "stopped");

  expect([ada.replica.status.error, again.status.error]).toMatchObject([{}, { code: "hub-changed" }]);
  expect(await again.pending()).toHaveLength(1);
  expect((await again.stream("account-1").load(account)).state.labels).toEqual(["a", "b", "c"]);
  expect((await other.stream("account-1").load(account)).state.labels).toEqual(["a", "d"]);
});

test("intheloop#71, #431, memry#851: an expired token is renewed between two requests, and neither loops nor starts the store anew", async () => {
  let valid = 1;
  const asked: string[] = [];
  const { url, store, cut } = await startHub(undefined, (token) => {
    asked.push(token);
    return token === `token ${valid}`;
  });
  const own = await openEventStore(betterSqlite3());
  let issued = 1;
  const headers = (): { authorization: string } => ({ authorization: `token ${issued}` });
  const renewing = () => {
    const now = headers();
    issued = valid;
    return now;
  };
  const replica = await follow(own, { url, headers: renewing, streamPrefixes: ["account-"], deciders: { bank } });
  onTestFinished(async () => {
    await replica.close();
    await own.close();
  });
  await (
    await replica.stream("account-1").execute("bank", deposit("a"))
  ).confirmed;
  const { lineage } = await own.info();
  const before = asked.length;

  valid = 2;
  cut();
  await (
    await replica.stream("account-1").execute("bank", deposit("b"))
  ).confirmed;
  await until(replica, () => replica.status.connection === "live");

  expect((await own.info()).lineage).toBe(lineage);
  expect(await own.stream("account-1").version()).toBe(await store.stream("account-1").version());
  expect(asked.slice(before).filter((token) => token === "token 1").length).toBeLessThanOrEqual(2);
});

test("a reader that stops reading costs the hub no more than two pages, and holds up nobody", async () => {
  const { open } = await sharedMemory();
  const { store, calls } = await open();
  for (let batch = 0; batch < 8; batch++) {
    const events = Array.from({ length: 1_000 }, () => ({ type: "noted", data: { label: "x" } }));
    await store.stream("account-1").append(events);
  }
  const hub = createHub(store, { authenticate: () => "ada" });
  const items = [{ kind: "prefix", name: "account-", position: 0, mark: null }];
  const body = JSON.stringify({ protocol: 1, lineage: null, items, live: true });
  calls.length = 0;
  const slow = await hub.fetch(new Request("https://hub.test/pull", { method: "POST", body }));
  const reader = slow.body?.getReader();
  await reader?.read();
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  expect(calls.filter((call) => call === "page").length).toBeLessThanOrEqual(3);

  const own = await openEventStore(betterSqlite3());
  const replica = await follow(own, {
    url: "https://hub.test",
    fetch: (url, init) => hub.fetch(new Request(url, init)),
    streamPrefixes: ["account-"],
  });
  await until(replica, async () => (await own.head()) === 8_000);
  await replica.close();
  await own.close();
  await reader?.cancel();
});

async function startHub(
  trouble?: Trouble,
  accepts: (client: string) => boolean = () => true,
): Promise<{ url: string; store: EventStore; cut: () => void }> {
  const store = await openEventStore(betterSqlite3());
  const hub = createHub(store, {
    authenticate: (request) => {
      const client = request.headers.get("authorization") ?? "";
      return accepts(client) ? client : undefined;
    },
    deciders: { bank },
    limits: { heartbeat: 200 },
  });
  const { url, server } = await listen(trouble === undefined ? hub : behindProxy(hub, trouble));
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  return { url, store, cut: server.cut };
}

async function deviceOf(url: string, client: string): Promise<{ store: EventStore; replica: Replica }> {
  const store = await openEventStore(betterSqlite3());
  onTestFinished(() => store.close());
  return { store, replica: await replicaOf(store, url, client) };
}

/** A replica that tries again at once whenever it is offline, as where the network comes back. */
async function replicaOf(store: EventStore, url: string, client: string): Promise<Replica> {
  const headers = (): { authorization: string } => ({ authorization: client });
  const replica = await follow(store, { url, headers, streamPrefixes: ["account-"], deciders: { bank } });
  onTestFinished(() => replica.close());
  replica.subscribe(() => {
    if (replica.status.connection === "offline") setImmediate(() => replica.hurry());
  });
  return replica;
}
