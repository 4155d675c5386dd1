import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { memory, openEventStore, type EventStore } from "rivulet";
import { follow, type Replica } from "rivulet/sync";
import { createHub, type Hub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import { spawnProcess } from "../support/child.ts";
import { commandOf } from "../support/runtimes.ts";
import { ROOT } from "../support/run-node.ts";
import { account, bank } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";
import { temporaryPath } from "../support/temporary.ts";

type Listener = (hub: Hub) => { fetch: (request: Request) => Promise<Response> | Response };

const LISTENERS: Readonly<Record<string, Listener>> = {
  "Node's http, through @hono/node-server": (hub) => ({ fetch: hub.fetch }),
  "an application of Hono": (hub) => new Hono().post("/sync/*", (context) => hub.fetch(context.req.raw)),
};

test.each(Object.entries(LISTENERS))("a hub is served by %s", async (_name, listener) => {
  const atHub = await openEventStore(memory());
  const hub = createHub(atHub, { authenticate: () => "ada", deciders: { bank }, limits: { pulls: 2 } });
  const server = serve({ ...listener(hub), port: 0, hostname: "127.0.0.1" });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  onTestFinished(async () => {
    await hub.close();
    await new Promise((resolve) => server.close(resolve));
    await atHub.close();
  });

  await converge(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sync`);
  await atHub.stream("account-1").execute(bank, { do: "deposit", amount: 1, label: "at the hub" });

  expect((await atHub.stream("account-1").load(account)).state.labels).toEqual(["ada", "ben", "at the hub"]);
});

const SERVERS = {
  Bun: `const server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 60, fetch: hub.fetch });
    console.log("listening " + server.port);`,
  Deno: `Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log("listening " + port) }, hub.fetch);`,
} as const;

test.each(["Bun", "Deno"] as const)("a hub is served by %s", async (runtime) => {
  const script = `${temporaryPath()}.mjs`;
  const source = `import { memory, openEventStore } from ${JSON.stringify(join(ROOT, "dist/src/index.js"))};
    import { createHub } from ${JSON.stringify(join(ROOT, "dist/src/sync/hub/index.js"))};
    import { defineDecider } from ${JSON.stringify(join(ROOT, "dist/src/deciders/index.js"))};
    const bank = defineDecider({ name: "bank", initial: () => 0, evolve: {}, decide: ({ amount, label }) => ({ type: "deposited", data: { amount, label } }) });
    const store = await openEventStore(memory());
    const hub = createHub(store, { authenticate: (request) => request.headers.get("authorization") ?? undefined, deciders: { bank }, limits: { pulls: 2 } });
    ${SERVERS[runtime]}`;
  writeFileSync(script, source);
  const [program, ...args] = commandOf(runtime);
  const child = spawnProcess(program, [...args, script], ROOT);
  onTestFinished(() => child.kill());
  const port = (await child.line("listening")).replace("listening ", "");

  await converge(`http://127.0.0.1:${port}/sync`);
  const refused = await fetch(`http://127.0.0.1:${port}/sync/pull`, { method: "POST", body: "{}" });
  expect(refused.status).toBe(401);
});

/**
 * Two replicas of a hub have the same in the end, each by one lasting response. The hub, which allows two at a time, hears that they
 * have left.
 */
async function converge(url: string): Promise<void> {
  const ada = await replicaOf(url);
  const ben = await replicaOf(url);
  const deposit = (label: string): { do: "deposit"; amount: number; label: string } => ({
    do: "deposit",
    amount: 1,
    label,
  });
  await (
    await ada.replica.stream("account-1").execute("bank", deposit("ada"))
  ).confirmed;
  await until(ben.replica, async () => (await ben.store.stream("account-1").version()) === 1);
  await (
    await ben.replica.stream("account-1").execute("bank", deposit("ben"))
  ).confirmed;
  await until(ada.replica, async () => (await ada.store.stream("account-1").version()) === 2);

  expect((await ada.store.stream("account-1").load(account)).state).toEqual({ balance: 2, labels: ["ada", "ben"] });
  expect([ada.pulls(), ben.pulls()]).toEqual([1, 1]);
  await ada.replica.close();
  await ben.replica.close();
  const statusOfPull = async (): Promise<number> => {
    const body = {
      protocol: 1,
      lineage: null,
      live: false,
      items: [{ kind: "stream", name: "a", position: 0, mark: null }],
    };
    const headers = { authorization: "ada", "content-type": "application/json" };
    const response = await fetch(`${url}/pull`, { method: "POST", headers, body: JSON.stringify(body) });
    await response.text();
    return response.status;
  };
  await expect.poll(statusOfPull, { timeout: 30_000 }).toBe(200);
}

async function replicaOf(url: string): Promise<{ replica: Replica; store: EventStore; pulls: () => number }> {
  const store = await openEventStore(memory());
  onTestFinished(() => store.close());
  let pulls = 0;
  const replica = await follow(store, {
    url,
    headers: () => ({ authorization: "ada" }),
    streams: ["account-1"],
    deciders: { bank },
    fetch(to, init) {
      if (to.endsWith("/pull")) pulls += 1;
      return fetch(to, init);
    },
  });
  return { store, replica, pulls: () => pulls };
}
