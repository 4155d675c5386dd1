import { writeFileSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { memory, openEventStore, type AbortSignalLike, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { follow, type FollowOptions, type Replica } from "rivulet/sync";
import type { Hub } from "rivulet/sync/hub";
import { describe, expect, onTestFinished, test } from "vitest";
import { createListener } from "../../dist/adapters/command-line/listener.js";
import type { Child } from "../support/child.ts";
import { rivulet, startRivulet } from "../support/command-line.ts";
import { ROOT } from "../support/run-node.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { bank } from "../support/sync/bank.ts";
import { until } from "../support/sync/until.ts";
import { temporaryPath } from "../support/temporary.ts";
import { unawaited } from "../support/unawaited.ts";

test("serve makes a file a hub: replicas follow it, append, and have commands executed by the module's deciders, until Ctrl-C", async () => {
  const path = temporaryPath();
  await using seeded = await openEventStore(betterSqlite3({ path }));
  await seeded.stream("account-1").append({ type: "deposited", data: { amount: 10, label: "salary" } });
  const { child, url } = await serve(path, "--token", "secret", "--deciders", decidersModule());
  const { replica, store } = await replicaOf(url, { headers: () => ({ authorization: "Bearer secret" }) });
  const stream = replica.stream("account-1");
  await until(replica, async () => (await store.stream("account-1").version()) === 1);
  await (
    await stream.append({ type: "noted", data: { label: "note" } })
  ).confirmed;
  await (
    await stream.execute("bank", { do: "deposit", amount: 1, label: "gift" })
  ).confirmed;

  expect((await seeded.stream("account-1").read().toArray()).map(({ type }) => type)).toEqual([
    "deposited",
    "noted",
    "deposited",
  ]);
  child.interrupt("SIGINT");
  expect((await child.ended).code).toBe(130);
});

describe.skipIf(mayBeLeftOut())("on a PostgreSQL server", () => {
  const server = usePostgres();

  test("serve makes a database a hub, and does not print its password", async () => {
    const { connectionString } = server();
    const address = new URL(connectionString);
    address.searchParams.set("password", "a-secret");
    const { url, line } = await serve(address.href, "--create", "--deciders", decidersModule());
    const { replica } = await replicaOf(url, {});
    const stream = replica.stream("account-1");
    for (const label of ["one", "two"])
      await (
        await stream.execute("bank", { do: "deposit", amount: 1, label })
      ).confirmed;
    await using atHub = await openEventStore(postgres({ connectionString }));

    expect((await atHub.stream("account-1").read().toArray()).map(({ data }) => data)).toEqual([
      { amount: 1, label: "one" },
      { amount: 1, label: "two" },
    ]);
    expect(line).not.toContain("a-secret");
  });
});

test("serve refuses whoever has no token, pages of other sites, and other names of this machine", async () => {
  const { url } = await serve(temporaryPath(), "--create", "--token", "secret", "--origin", "https://app.example");
  const ask = async (headers: Record<string, string>): Promise<unknown> => {
    const response = await fetch(`${url}/pull`, { method: "POST", headers, body: "{}" });
    return [response.status, response.headers.get("access-control-allow-origin")];
  };
  const json = { "content-type": "application/json" };
  const authorization = "Bearer secret";

  expect(await ask(json)).toEqual([401, null]);
  expect(await ask({ ...json, authorization: "Bearer other" })).toEqual([401, null]);
  expect(await ask({ ...json, authorization, origin: "https://evil.example" })).toEqual([400, null]);
  expect(await ask({ ...json, authorization, origin: "https://app.example" })).toEqual([400, "https://app.example"]);
  expect(await ask({ authorization, "content-type": "text/plain" })).toEqual([415, null]);
  const status = await new Promise((resolve) => {
    request(`${url}/pull`, { headers: { host: "evil.example" } }, (response) => resolve(response.statusCode)).end();
  });
  expect(status).toBe(403);
});

test.each([
  [["--host", "0.0.0.0"], 2, "RIVULET_TOKEN"],
  [["--port", "http"], 2, `"http" is no port`],
  [["--port", "70000"], 2, `"70000" is no port`],
  [["--token", ""], 2, "the token is empty"],
  [["--deciders", "./none.js"], 3, "cannot be loaded"],
  [[], 3, "there is no such file"],
])("serve %j of a file that is not there ends with %d", (options, code, message) => {
  const ended = rivulet(["serve", temporaryPath(), ...options]);

  expect([ended.code, ended.output]).toEqual([code, ""]);
  expect(ended.errors).toContain(message);
});

test("serve tells that a port is taken", async () => {
  const { url } = await serve(temporaryPath(), "--create");
  const ended = rivulet(["serve", temporaryPath(), "--create", "--port", new URL(url).port]);

  expect(ended.code).toBe(3);
  expect(ended.errors).toContain("EADDRINUSE");
});

test("a long answer leaves no listener behind for each part of it that the client was slow to read", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  let left = 40;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(100_000)) : controller.close()),
  });
  const url = await listenTo(() => Promise.resolve(new Response(body)));

  expect((await (await post(url)).arrayBuffer()).byteLength).toBe(4_000_000);
  await new Promise(setImmediate);
  process.off("warning", note);
  expect(warnings).toEqual([]);
});

test("an answer whose client has left before it was there is given up", async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let asked: AbortSignalLike | undefined;
  let cancel: (() => void) | undefined;
  const cancelled = new Promise<void>((resolve) => (cancel = resolve));
  const url = await listenTo(async ({ signal }) => {
    asked = signal;
    await held;
    return new Response(new ReadableStream({ cancel: () => cancel?.() }));
  });
  const leaving = new AbortController();
  unawaited(post(url, leaving.signal));
  await expect.poll(() => asked).toBeDefined();
  leaving.abort();
  await expect.poll(() => asked?.aborted).toBe(true);
  release?.();

  await cancelled;
});

async function listenTo(answer: Hub["fetch"]): Promise<string> {
  const server = createListener(answer, true);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/pull`;
}

function post(url: string, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json", connection: "close" };
  return fetch(url, { method: "POST", body: "{}", headers, ...(signal && { signal }) });
}

async function serve(
  path: string,
  ...options: readonly string[]
): Promise<{ child: Child; url: string; line: string }> {
  const child = startRivulet("serve", path, "--port", "0", ...options);
  onTestFinished(() => child.kill());
  const line = await child.line(path.split(":")[0] ?? path);
  return { child, line, url: line.slice(line.indexOf("http")) };
}

function decidersModule(): string {
  const path = `${temporaryPath()}.mjs`;
  const deciders = JSON.stringify(join(ROOT, "dist/src/deciders/index.js"));
  writeFileSync(
    path,
    `import { defineDecider } from ${deciders};
    const move = (state) => state;
    export const account = defineDecider({
      name: "bank",
      initial: () => 0,
      evolve: { deposited: move, withdrawn: move, fee: move, noted: move },
      decide: ({ amount, label }) => ({ type: "deposited", data: { amount, label } }),
    });
    export const other = 1;`,
  );
  return path;
}

async function replicaOf(url: string, parts: Partial<FollowOptions>): Promise<{ replica: Replica; store: EventStore }> {
  const store = await openEventStore(memory());
  const replica = await follow(store, { url, streams: ["account-1"], deciders: { bank }, ...parts });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  return { replica, store };
}
