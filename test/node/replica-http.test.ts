import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow, type FollowOptions, type Replica } from "rivulet/sync";
import { createHub, type Hub, type HubOptions } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import { startScript, type Child } from "../support/child.ts";
import { failure } from "../support/outcome.ts";
import { account, bank, type BankCommand } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";
import { listen, type Proxy } from "../support/sync/node-listener.ts";
import { temporaryPath } from "../support/temporary.ts";

const deposit = (amount: number, label: string): BankCommand => ({ do: "deposit", amount, label });

test("two replicas converge over a hub that is killed and started again, and a command that was decided offline is confirmed then", async () => {
  const path = temporaryPath();
  const first = startScript("bank-hub", path, 0);
  const url = (await first.line("listening")).replace("listening ", "");
  const here = await replicaOf(url, "ada");
  const there = await replicaOf(url, "ben");
  await (
    await here.replica.stream("account-1").execute("bank", deposit(5, "one"))
  ).confirmed;
  await until(there.replica, async () => (await there.store.stream("account-1").version()) === 1);

  first.interrupt("SIGKILL");
  await first.ended;
  const offline = await here.replica.stream("account-1").execute("bank", deposit(7, "two"));
  expect(await here.replica.stream("account-1").load(account)).toEqual({
    state: { balance: 12, labels: ["one", "two"] },
    version: 2,
    pending: 1,
  });
  const again: Child = startScript("bank-hub", path, Number(new URL(url).port));
  await again.line("listening");
  here.replica.hurry();
  there.replica.hurry();
  await offline.confirmed;
  await until(there.replica, async () => (await there.store.stream("account-1").version()) === 2);

  expect(await there.store.stream("account-1").read().toArray()).toEqual(
    await here.store.stream("account-1").read().toArray(),
  );
  again.kill();
});

test("headers are asked for anew once; then the replica says that it is unauthorized, and keeps what is pending", async () => {
  let accepted = ["ada"];
  const asked: string[] = [];
  const { url, cut } = await startHub(
    {},
    {
      authenticate: (request) => {
        const client = request.headers.get("authorization") ?? "";
        asked.push(client);
        return accepted.includes(client) ? client : undefined;
      },
    },
  );
  const tokens = ["expired", "ada"];
  const { replica } = await replicaOf(url, () =>
    tokens.length > 1 ? (tokens.shift() as string) : (tokens[0] as string),
  );
  await until(replica, () => replica.status.connection === "live");
  expect(asked).toEqual(["expired", "ada"]);

  accepted = [];
  cut();
  await until(replica, () => replica.status.connection === "unauthorized");
  const { id } = await replica.stream("account-1").execute("bank", deposit(5, "one"));

  expect(replica.status.error).toMatchObject({ code: "unauthorized" });
  expect(asked.slice(2)).toEqual(["ada", "ada"]);
  expect((await replica.pending()).map((one) => one.id)).toEqual([id]);
});

test("behind a proxy that passes on a response only when it is complete, polling gets every event", async () => {
  const { url, store } = await startHub({ buffers: true });
  const { replica, store: own } = await replicaOf(url, "ada", { mode: "poll" });
  await store.stream("account-1").execute(bank, deposit(1, "one"));
  await until(replica, async () => (await own.stream("account-1").version()) === 1);
  await (
    await replica.stream("account-1").execute("bank", deposit(2, "two"))
  ).confirmed;

  expect(await own.stream("account-1").version()).toBe(2);
});

test("a hub refuses what it cannot take with a status and a code, and goes on", async () => {
  const { url, hub } = await startHub();
  const ask = async (path: string, body: string, client = "ada", method = "POST"): Promise<unknown> => {
    const init = method === "GET" ? {} : { body };
    const response = await fetch(`${url}${path}`, { method, headers: { authorization: client }, ...init });
    const { error } = (await response.json()) as { error?: { code: string } };
    return [response.status, error?.code];
  };
  const pull = (parts: object): string =>
    JSON.stringify({ protocol: 1, lineage: null, items: [item("account-1")], live: false, ...parts });

  expect(await ask("/pull", "{")).toEqual([400, "invalid-argument"]);
  expect(await ask("/pull", "null")).toEqual([400, "invalid-argument"]);
  expect(await ask("/pull", pull({ items: [] }))).toEqual([400, "invalid-argument"]);
  expect(await ask("/pull", pull({ items: [item("$all")] }))).toEqual([400, "invalid-argument"]);
  expect(await ask("/pull", pull({ protocol: 2 }))).toEqual([426, "client-outdated"]);
  expect(await ask("/pull", pull({ lineage: "another" }))).toEqual([409, "hub-changed"]);
  expect(await ask("/pull", pull({ items: [item("account-1", 7)] }))).toEqual([409, "hub-changed"]);
  expect(await ask("/pull", pull({}), "nobody")).toEqual([401, "unauthorized"]);
  expect(await ask("/push", "x".repeat(2 << 20))).toEqual([413, "too-large"]);
  expect(await ask("/else", "{}")).toEqual([404, "not-found"]);
  expect(await ask("/pull", "", "ada", "GET")).toEqual([404, "not-found"]);
  const [status] = (await ask(
    "/push",
    JSON.stringify({ protocol: 1, lineage: "another", places: [], entries: [] }),
  )) as [number];
  expect(status).toBe(409);
  expect(typeof hub.fetch).toBe("function");
});

test("a client may have so many open pulls, and one that leaves makes room", async () => {
  const { url } = await startHub({}, { limits: { pulls: 1, heartbeat: 200 } });
  const body = JSON.stringify({ protocol: 1, lineage: null, items: [item("account-1")], live: true });
  const open = (signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}/pull`, { method: "POST", headers: { authorization: "ada" }, body, ...(signal && { signal }) });
  const leaving = new AbortController();
  expect((await open(leaving.signal)).status).toBe(200);
  expect((await open()).status).toBe(429);

  leaving.abort();

  await expect.poll(async () => (await open(AbortSignal.timeout(1_000))).status).toBe(200);
});

test("a command that the hub decides otherwise is rejected with the reason, and may be tried again or dropped", async () => {
  const { url, store: atHub } = await startHub();
  const { replica, store } = await replicaOf(url, "ada");
  await (
    await replica.stream("account-1").execute("bank", deposit(10, "salary"))
  ).confirmed;
  await replica.close();
  await atHub.stream("account-1").execute(bank, { do: "withdraw", amount: 9, label: "rent" });
  const again = await follow(store, options(url, "ada", {}));
  onTestFinished(() => again.close());
  const rejected: string[] = [];
  const { id, confirmed } = await again
    .stream("account-1")
    .execute("bank", { do: "withdraw", amount: 8, label: "shoes" });

  const error = await failure(confirmed, "entry-rejected" as never);
  rejected.push(...(await again.rejected()).map((one) => one.id));

  expect(error.message).toContain("only 0 left");
  expect(rejected).toEqual([id]);
  const retried = await again.retry(id);
  await until(again, async () => (await again.rejected()).some((one) => one.id === retried));
  await again.discard(retried);
  expect([await again.rejected(), await again.pending()]).toEqual([[], []]);
});

function item(name: string, position = 0): object {
  return { kind: "stream", name, position, mark: position === 0 ? null : "no mark of this hub" };
}

async function startHub(
  proxy: Proxy = {},
  parts: Partial<HubOptions<string>> = {},
): Promise<{ url: string; store: EventStore; hub: Hub; cut: () => void }> {
  const store = await openEventStore(betterSqlite3());
  const hub = createHub(store, {
    authenticate: (request) => {
      const client = request.headers.get("authorization");
      return client === "ada" || client === "ben" ? client : undefined;
    },
    deciders: { bank },
    limits: { heartbeat: 200 },
    ...parts,
  });
  const { url, server } = await listen(hub, 0, proxy);
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  return { url, store, hub, cut: server.cut };
}

function options(url: string, client: string | (() => string), parts: Partial<FollowOptions>): FollowOptions {
  const headers = (): { authorization: string } => ({ authorization: typeof client === "string" ? client : client() });
  return { url, headers, streamPrefixes: ["account-"], deciders: { bank }, ...parts };
}

async function replicaOf(
  url: string,
  client: string | (() => string),
  parts: Partial<FollowOptions> = {},
): Promise<{ store: EventStore; replica: Replica }> {
  const store = await openEventStore(betterSqlite3());
  const replica = await follow(store, options(url, client, parts));
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  return { store, replica };
}
