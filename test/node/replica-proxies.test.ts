import { memory, openEventStore, type EventStore } from "rivulet";
import { follow, type FetchLike } from "rivulet/sync";
import { createHub, type HubLimits } from "rivulet/sync/hub";
import { createTestHub } from "rivulet/testing";
import { expect, onTestFinished, test } from "vitest";
// A part below the package's entry points: a transport with other times.
import { createHttpTransport } from "../../dist/src/sync/replica/speaking/http-transport.js";
import { retryAfterOf } from "../../dist/src/sync/replica/speaking/session.js";
import type { PullLine, PullMessage } from "../../dist/src/sync/messages.js";
import { contextOf } from "../../dist/src/sync/context-of.js";
import { createBackOff } from "../../dist/src/sync/replica/back-off.js";
import { startReplica } from "../../dist/src/sync/replica/replica.js";
import { realTiming, type Timing } from "../../dist/src/sync/timing.js";
import { requestTo } from "../support/sync/ask-hub.ts";
import { listen, type Proxy, type Served } from "../support/sync/node-listener.ts";
import { until } from "../support/sync/until.ts";

const PULL: PullMessage = {
  protocol: 1,
  lineage: null,
  live: true,
  items: [{ kind: "stream", name: "list", position: 0, mark: null }],
};
const noted = (label: number): { type: string; data: number } => ({ type: "noted", data: label });
const labelsOf = (line: PullLine): readonly unknown[] => line.events.map((row) => row[8]);

test("where a proxy holds back a lasting response, polls take its place by themselves, and each event arrives when it happens", async () => {
  const { url, store, asked } = await serveHub({ buffers: true });
  const lines = pull(url, { first: 200, later: 60_000, polls: 1_000 });
  const found: unknown[] = [];
  expect((await lines.next()).value).toMatchObject({ caughtUp: true, events: [] });
  for (let label = 1; label <= 3; label++) {
    await store.stream("list").append(noted(label));
    for (let event = found.length; found.length === event;)
      found.push(...labelsOf((await lines.next()).value as PullLine));
  }

  expect(found).toEqual([1, 2, 3]);
  // After a lasting response in vain, whose request need not have reached the hub in time, a poll that is answered at once, and others that
  // wait at the hub.
  const polls = asked.filter(({ once }) => once === true);
  expect(asked.length - polls.length).toBeLessThanOrEqual(1);
  expect(polls.map(({ quiet = false }) => quiet).slice(0, 3)).toEqual([false, true, true]);
  await lines.return(undefined);
});

test("a lasting response is tried again after a while, and used once it arrives", async () => {
  const proxy: { buffers: boolean } = { buffers: true };
  const { url, store, asked } = await serveHub(proxy, { heartbeat: 20 });
  const lines = pull(url, { first: 1_000, later: 60_000, polls: 3 });
  await lines.next();
  proxy.buffers = false;
  while (asked.at(-1)?.once === true || asked.length < 4) await lines.next();
  await store.stream("list").append(noted(1));
  let line: PullLine;
  do line = (await lines.next()).value as PullLine;
  while (line.events.length === 0);

  expect(labelsOf(line)).toEqual([1]);
  expect(asked.slice(0, 5).map(({ once = false }) => once)).toEqual([false, true, true, true, false]);
  await lines.return(undefined);
});

test("where a proxy cuts a lasting response before anything has come, the next attempts poll", async () => {
  const { url, store } = await serveHub({}, {}, (hub) => ({
    async fetch(request) {
      const text = await new Response(request.body as never).text();
      if ((JSON.parse(text) as PullMessage).once !== true) return new Response("gateway timeout", { status: 504 });
      return hub.fetch({ ...request, body: new Response(text).body });
    },
  }));
  await store.stream("list").append(noted(1));
  const transport = createHttpTransport({ url }, Date.now, {
    timing: realTiming,
    first: 60_000,
    later: 60_000,
    polls: 1_000,
  });
  const outcomes: unknown[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      for await (const line of transport.pull(PULL, new AbortController().signal)) {
        outcomes.push(labelsOf(line));
        // From now on it goes on polling.
        if (attempt === 2) break;
      }
    } catch (error) {
      outcomes.push((error as Error).message);
    }
  }

  const failure = "the hub answered with status 504";
  expect(outcomes).toEqual([failure, [1], failure, [1]]);
});

/** The error of a push that is answered with these headers. */
async function refusedWith(headers: Readonly<Record<string, string>>): Promise<unknown> {
  const fetch: FetchLike = () => Promise.resolve(new Response("", { status: 503, headers }));
  return createHttpTransport({ url: "https://hub.example/sync", fetch }, Date.now)
    .push({ protocol: 1, lineage: "a", places: [], entries: [] }, new AbortController().signal)
    .catch((thrown: unknown) => thrown);
}

const AT = "Wed, 21 Oct 2015 07:28:00 GMT";

test.each([
  [{ "retry-after": "7" }, 7_000],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "1.5" }, 1_500],
  [{ "retry-after": "999999999" }, 300_000],
  // The answer's own clock counts, whatever the device's is.
  [{ "retry-after": "Wed, 21 Oct 2015 07:28:09 GMT", date: AT }, 9_000],
  [{ "retry-after": "Wed, 21 Oct 2015 09:28:00 GMT", date: AT }, 300_000],
  [{ "retry-after": AT, date: "Wed, 21 Oct 2015 07:28:09 GMT" }, 0],
  [{ "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }, 300_000],
  [{ "retry-after": AT }, 0],
  [{ "retry-after": "soon" }, 0],
  [{ "retry-after": "", date: AT }, 0],
  [{}, 0],
])("a hub that answers with %j is asked again after at least %d ms", async (headers, pause) => {
  expect(retryAfterOf(await refusedWith(headers))).toBe(pause);
});

test("what a hub or a proxy asks to be left alone for is waited for, also by whoever hurries", async () => {
  const waited: number[] = [];
  const timing = { wait: (duration: number) => (waited.push(duration), Promise.resolve()), random: () => 0 };
  const error = await refusedWith({ "retry-after": "7" });
  const backOff = createBackOff(timing);
  const pausing = backOff.pause(new AbortController().signal, retryAfterOf(error));
  backOff.hurry();
  await pausing;

  expect(waited[0]).toBe(7_000);
  expect(retryAfterOf(Object.assign(new Error("for ever"), { retryAfter: 1e12 }))).toBe(300_000);
});

test("a replica that is told to come back later neither pulls nor pushes before that, however often it is hurried", async () => {
  await using hub = await createTestHub();
  const store = await openEventStore(memory());
  const asked: string[] = [];
  let busy = false;
  const fetch: FetchLike = async (url, init) => {
    if (!busy) return hub.fetch(url, init);
    asked.push(url.slice(url.lastIndexOf("/") + 1));
    return new Response("", { status: 503, headers: { "retry-after": "7" } });
  };
  const waits = new Set<{ readonly duration: number; readonly end: () => void }>();
  const timing: Timing = {
    random: () => 0,
    async wait(duration, signal) {
      await new Promise<void>((resolve) => {
        const one = { duration, end: () => (waits.delete(one), resolve()) };
        waits.add(one);
        signal.addEventListener("abort", one.end);
      });
      if (signal.aborted) throw signal.reason;
    },
  };
  const asLong = (): readonly (() => void)[] => [...waits].flatMap((one) => (one.duration === 7_000 ? [one.end] : []));
  const transport = createHttpTransport({ url: hub.url, fetch }, Date.now, {
    timing,
    first: 10_000,
    later: 35_000,
    polls: 1_000,
  });
  const replica = await startReplica(contextOf(store), {
    transport,
    timing,
    items: [{ kind: "stream", name: "list" }],
    deciders: {},
    most: 100,
    patience: 40_000,
  });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  await until(replica, () => replica.status.connection === "live");
  hub.offline();
  await until(replica, () => replica.status.connection === "offline");
  busy = true;
  const { confirmed } = await replica.stream("list").append(noted(1));
  const hurry = async (): Promise<void> => {
    for (let turn = 0; turn < 200; turn++) {
      replica.hurry();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await hurry();
  const atFirst = [...asked].sort();
  const waiting = asLong();
  busy = false;
  hub.online();
  for (const end of waiting) end();
  await hurry();

  expect(atFirst).toEqual(["pull", "push"]);
  expect(waiting).toHaveLength(2);
  await confirmed;
});

test("tinybase#261: where a proxy takes only small requests, and tells that by a page of its own, smaller ones are sent", async () => {
  const store = await openEventStore(memory());
  const hub = createHub(store, { authenticate: () => "ada", mayAppend: () => true });
  const own = await openEventStore(memory());
  const replica = await follow(own, {
    url: "http://hub.test",
    streams: ["list", "large"],
    async fetch(url, init) {
      if (init.body.length > 4_000) return new Response("<h1>Request Entity Too Large</h1>", { status: 413 });
      return hub.fetch(new Request(url, init));
    },
  });
  onTestFinished(async () => {
    for (const one of [replica, own, hub, store]) await one.close();
  });
  const text = "x".repeat(1_000);
  const large = await replica.stream("large").append({ type: "noted", data: text.repeat(5) });
  for (let label = 0; label < 10; label++) await replica.stream("list").append({ type: "noted", data: text });

  await replica.flush();

  await expect(large.confirmed).rejects.toMatchObject({ code: "entry-rejected", details: { reason: "too-large" } });
  expect([await store.stream("list").version(), await store.stream("large").version()]).toEqual([10, 0]);
});

test("an answer that ends is compressed where the client takes that, and one that goes on is not", async () => {
  const { hub, store } = await serveHub({});
  for (let label = 0; label < 200; label++) await store.stream("list").append(noted(label));
  const ask = async (parts: Partial<PullMessage>, encoding: string): Promise<[string | null, number]> => {
    const request = requestTo("pull", { ...PULL, ...parts }, { headers: { "accept-encoding": encoding } });
    const { headers, body } = (await hub.fetch(request)) as Response;
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    let bytes = 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      bytes += piece.value.length;
      if (parts.live !== false && parts.once !== true) break;
    }
    await reader.cancel();
    return [headers.get("content-encoding"), bytes];
  };
  const [plain, all] = await ask({ live: false }, "identity");
  const [packed, few] = await ask({ live: false }, "br, gzip");

  expect([plain, packed]).toEqual([null, "gzip"]);
  expect(few).toBeLessThan(all / 3);
  expect((await ask({ once: true }, "gzip"))[0]).toBe("gzip");
  expect((await ask({ live: false }, "br;q=1.0, gzip;q=0.8, *;q=0.1"))[0]).toBe("gzip");
  for (const refused of ["gzip;q=0", "br, gzip; q=0.0, deflate"])
    expect((await ask({ live: false }, refused))[0]).toBe(null);
  expect((await ask({}, "gzip"))[0]).toBe(null);
});

function pull(url: string, times: { first: number; later: number; polls: number }): AsyncGenerator<PullLine> {
  const transport = createHttpTransport({ url }, Date.now, { timing: realTiming, ...times });
  return transport.pull(PULL, new AbortController().signal) as AsyncGenerator<PullLine>;
}

async function serveHub(
  proxy: Proxy,
  limits: HubLimits = {},
  before: (hub: Served) => Served = (hub) => hub,
): Promise<{ url: string; store: EventStore; hub: Served; asked: readonly PullMessage[] }> {
  const store = await openEventStore(memory());
  const asked: PullMessage[] = [];
  const hub = createHub(store, { authenticate: () => "ada", limits });
  const noting: Served = {
    async fetch(request) {
      const text = await new Response(request.body as never).text();
      asked.push(JSON.parse(text) as PullMessage);
      return hub.fetch({ ...request, body: new Response(text).body });
    },
  };
  const served = before(hub) === hub ? noting : before(hub);
  const { url, server } = await listen(served, 0, proxy);
  onTestFinished(async () => {
    await hub.close();
    await server.close();
    await store.close();
  });
  return { url, store, hub, asked };
}
