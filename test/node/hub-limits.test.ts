import { memory, openEventStore } from "rivulet";
import { createHub, type Hub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import { linesOf, pullFrom, requestTo } from "../support/sync/ask-hub.ts";
import { ACCOUNT, LIVE, openHub } from "../support/sync/bank-hubs.ts";

test("a client that asks too often is told when it may again, and others are not held up", async () => {
  let now = 1_000_000;
  const { hub } = await openHub({ limits: { requests: 2 } }, () => now);
  const ask = async (client: string): Promise<[number, string | null]> => {
    const { status, headers } = await hub.fetch(requestTo("push", "{}", { headers: { authorization: client } }));
    return [status, headers.get("retry-after")];
  };
  for (let request = 0; request < 20; request++) expect(await ask("ada")).toEqual([400, null]);

  expect(await ask("ada")).toEqual([429, "1"]);
  expect(await ask("ben")).toEqual([400, null]);
  now += 1_000;
  expect([(await ask("ada"))[0], (await ask("ada"))[0], (await ask("ada"))[0]]).toEqual([400, 400, 429]);
});

test("a client may push so many commands a second, and none of a refused push is decided", async () => {
  let now = 1_000_000;
  const { hub, store } = await openHub({ limits: { entriesPerSecond: 1 } }, () => now);
  const { lineage } = await lineageOf(hub);
  const push = async (from: number, count: number): Promise<number> => {
    const entries = Array.from({ length: count }, (_, index) => command(`c${from + index}`));
    return (await hub.fetch(requestTo("push", { protocol: 1, lineage, places: [], entries }))).status;
  };

  expect([await push(0, 15), await push(15, 1)]).toEqual([200, 429]);
  expect(await store.stream("account-1").version()).toBe(15);
  now += 7_000;
  expect(await push(15, 1)).toBe(200);
  expect(await store.stream("account-1").version()).toBe(16);
});

test("a request that never ends is refused with 413 once it is too large, and read no further than eight times the limit", async () => {
  const { hub } = await openHub({ limits: { bytes: 1_000 } });
  let read = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read += 100;
        controller.enqueue(new Uint8Array(100).fill(120));
      },
    },
    { highWaterMark: 0 },
  );

  const { status } = await hub.fetch(requestTo("push", "", { body, duplex: "half" } as RequestInit));

  expect(status).toBe(413);
  expect(read).toBe(8_100);
});

test("clients are told apart by what they are, not by the object that stands for them", async () => {
  const { hub } = await openHub({ authenticate: (() => ({ user: "ada" })) as never, limits: { pulls: 1 } });
  const first = await pullFrom(hub, [ACCOUNT]);

  expect((await hub.fetch(requestTo("pull", LIVE))).status).toBe(429);
  await first.cancel();
  const again = await pullFrom(hub, [ACCOUNT]);
  expect(again.response.status).toBe(200);
  await again.cancel();
});

test.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("a secret");
    },
  ],
  ["rejects", () => Promise.reject(new Error("a secret"))],
  ["never answers", () => new Promise(() => undefined)],
])("a rule that %s permits nothing, tells nothing, and is asked again", async (_name, rule) => {
  const broken = { authenticate: rule, mayFollow: rule, mayAppend: rule, mayExecute: rule };
  const told: unknown[] = [];
  for (const [name, ask] of Object.entries(broken)) {
    let heals = false;
    const wrapped = (...args: readonly unknown[]): unknown =>
      heals ? (name === "authenticate" ? "ada" : true) : ask(...(args as []));
    const { hub } = await openHub({ [name]: wrapped, limits: { ruleTime: 20 } });
    const use = async (): Promise<unknown> => {
      if (name === "mayFollow" || name === "authenticate") {
        const response = await hub.fetch(requestTo("pull", { ...LIVE, live: false }));
        return [response.status, await response.text()];
      }
      const { lineage } = await lineageOf(hub);
      const entries = [name === "mayAppend" ? append("a1") : command("c1")];
      const response = await hub.fetch(requestTo("push", { protocol: 1, lineage, places: [], entries }));
      return [response.status, await response.text()];
    };
    const first = await use();
    told.push(first);
    heals = true;
    const [status, text] = (await use()) as [number, string];
    expect([name, status, /"error"|"later"/.test(text)]).toEqual([name, 200, false]);
  }

  expect(JSON.stringify(told)).not.toContain("secret");
  expect(told).toMatchObject([
    [503, expect.stringContaining("unexpected")],
    [503, expect.stringContaining("unexpected")],
    [200, expect.stringContaining(`"later"`)],
    [200, expect.stringContaining(`"later"`)],
  ]);
});

test("only true permits: a rule that answers anything else refuses", async () => {
  for (const answer of [undefined, false, null, "no", 0, Promise.resolve(false), Promise.resolve(undefined)]) {
    const rule = (): never => answer as never;
    const { hub, store } = await openHub({ mayFollow: rule, mayAppend: rule, mayExecute: rule });
    await store.stream("account-1").append({ type: "noted", data: { label: "one" } });
    const lines = await linesOf(await pullFrom(hub, [ACCOUNT, { kind: "prefix", name: "acc" }], { live: false }));
    const entries = [command("c1"), append("a1")];
    const { lineage } = lines[0] as { lineage: string };
    const response = await hub.fetch(requestTo("push", { protocol: 1, lineage, places: [], entries }));

    expect(lines).toMatchObject([{ events: [], gone: ["account-1"] }]);
    expect(await response.json()).toMatchObject({
      answers: [
        { outcome: "refused", reason: { code: "forbidden" } },
        { outcome: "refused", reason: { code: "forbidden" } },
      ],
    });
  }
});

test("a reader that stops reading costs the hub no further reads, and gets everything when it goes on", async () => {
  let pages = 0;
  const { storage } = await memory().open();
  const counted = { ...storage, readPage: (query: never) => ((pages += 1), storage.readPage(query)) };
  const store = await openEventStore({ name: "counted", open: async () => ({ storage: counted, verbs: {} }) });
  const asked = { stalled: 0, others: 0 };
  const hub = createHub<keyof typeof asked>(store, {
    authenticate: ({ headers }) => headers.get("authorization") as keyof typeof asked,
    mayFollow: (client) => (asked[client] += 1) > 0,
  });
  onTestFinished(() => store.close());
  const pull = await pullFrom(hub, [ACCOUNT], {}, { headers: { authorization: "stalled" } });
  await pull.next();
  const atFirst = asked.stalled;
  const others = await pullFrom(hub, [ACCOUNT], {}, { headers: { authorization: "others" } });
  await others.next();
  const note = (label: number): { type: string; data: object } => ({ type: "noted", data: { label: `${label}` } });
  for (let batch = 0; batch < 50; batch++) {
    await store.stream("account-1").append(Array.from({ length: 100 }, (_, index) => note(batch * 100 + index)));
    while (((await others.next())?.place.position ?? 0) < (batch + 1) * 100);
  }
  const before = pages;
  // No line is made for it before it reads on.
  expect(asked.stalled).toBe(atFirst);
  let events = 0;
  while (events < 5_000) events += (await pull.next())?.events.length ?? 0;

  // One read for each append, for the reader that follows; the other one reads the history when it asks for it.
  expect(before).toBeLessThanOrEqual(55);
  expect(events).toBe(5_000);
  await pull.cancel();
  await others.cancel();
});

test("a client that leaves before its first line has come makes room for the next", async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let slow = true;
  const { hub } = await openHub({
    limits: { pulls: 1 },
    mayFollow: async () => {
      if (slow) await held;
      return true;
    },
  });
  const leaving = new AbortController();
  const answered = hub.fetch(requestTo("pull", LIVE, { signal: leaving.signal }));
  await expect.poll(async () => (await hub.fetch(requestTo("pull", LIVE))).status).toBe(429);
  leaving.abort();
  slow = false;
  const next = await pullFrom(hub, [ACCOUNT]);
  release?.();

  expect(next.response.status).toBe(200);
  expect((await answered).status).toBe(503);
  await next.cancel();
});

test("closing a hub ends its pulls in an orderly way, waits for pushes, and refuses what comes later", async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let asked = 0;
  const { hub, store } = await openHub({ mayExecute: () => ((asked += 1), held.then(() => true as const)) });
  const { lineage } = await lineageOf(hub);
  const pull = await pullFrom(hub, [ACCOUNT]);
  await pull.next();
  const pushed = hub.fetch(requestTo("push", { protocol: 1, lineage, places: [], entries: [command("c1")] }));
  await expect.poll(() => asked).toBe(1);
  let isClosed = false;
  const closing = hub.close().then(() => (isClosed = true));

  expect(await pull.next()).toBeUndefined();
  expect((await hub.fetch(requestTo("pull", LIVE))).status).toBe(503);
  expect(isClosed).toBe(false);
  release?.();
  await closing;
  expect((await pushed).status).toBe(200);
  expect(await store.stream("account-1").version()).toBe(1);
});

test("a hub ends with its store: its pulls too, in an orderly way", async () => {
  const { hub, store } = await openHub({});
  const pull = await pullFrom(hub, [ACCOUNT]);
  await pull.next();
  const closing = store.close();

  expect(await pull.next()).toBeUndefined();
  await closing;
  expect((await hub.fetch(requestTo("pull", LIVE))).status).toBe(503);
});

test.each(["asks who is there", "reads what a client sends"])(
  "a hub that %s does not wait for that when it is closed, and opens no pull afterwards",
  async (where) => {
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let asked = 0;
    const { hub } = await openHub({
      authenticate: async () => {
        asked += 1;
        if (where.startsWith("asks")) await held;
        return "ada";
      },
    });
    const message = JSON.stringify(LIVE);
    const body = new ReadableStream({
      async start(controller) {
        if (where.startsWith("reads")) await held;
        controller.enqueue(new TextEncoder().encode(message));
        controller.close();
      },
    });
    const answered = hub.fetch(requestTo("pull", "", { body, duplex: "half" } as RequestInit));
    await expect.poll(() => asked).toBe(1);

    await hub.close();

    expect((await answered).status).toBe(503);
    expect(await (await answered).json()).toMatchObject({ error: { code: "closed" } });
    release?.();
  },
);

test("a client that leaves while it is recognised has no pull open", async () => {
  let release: (() => void) | undefined;
  let held: Promise<void> | undefined = new Promise((resolve) => (release = resolve));
  let asked = 0;
  const { hub } = await openHub({
    limits: { pulls: 1 },
    authenticate: async () => {
      asked += 1;
      await held;
      return "ada";
    },
  });
  const leaving = new AbortController();
  const answered = hub.fetch(requestTo("pull", LIVE, { signal: leaving.signal }));
  await expect.poll(() => asked).toBe(1);
  leaving.abort();
  release?.();
  held = undefined;
  // A server may keep the answer, and never read it.
  await answered;

  const next = await pullFrom(hub, [ACCOUNT]);
  expect(next.response.status).toBe(200);
  await next.cancel();
});

test.each([undefined, null, false])("a client that authenticate answers with %j is nobody", async (nobody) => {
  const { hub } = await openHub({ authenticate: () => nobody as never });

  expect((await hub.fetch(requestTo("pull", LIVE))).status).toBe(401);
});

test("an entry that is malformed is refused alone: those beside it are decided, and it is told why", async () => {
  const { hub, store } = await openHub({});
  const { lineage } = await lineageOf(hub);
  const long = command("x".repeat(256));
  const malformed = [
    7,
    null,
    { kind: "other" },
    { ...command("c"), metadata: "7" },
    { ...append("a"), entries: [] },
    long,
  ];
  const surrogate = command("\ud800");
  const entries = [command("first"), ...malformed, surrogate, command("last")];
  const response = await hub.fetch(requestTo("push", { protocol: 1, lineage, places: [], entries }));

  expect(response.status).toBe(200);
  const { answers } = (await response.json()) as { answers: { outcome: string; reason?: { code: string } }[] };
  expect(answers.map(({ outcome }) => outcome)).toEqual(["confirmed", ...Array(7).fill("refused"), "confirmed"]);
  for (const { reason } of answers.slice(1, -1)) expect(reason?.code).toMatch(/^invalid-(argument|event)$/);
  expect(answers[6]?.reason).toMatchObject({ message: expect.stringContaining("255") as string });
  expect(await store.stream("account-1").version()).toBe(2);
});

function command(key: string): object {
  const text = JSON.stringify({ do: "deposit", amount: 1, label: key });
  return { kind: "command", stream: "account-1", decider: "bank", key, command: text, metadata: null };
}

function append(key: string): object {
  const event = { id: key, type: "noted", schemaVersion: 1, data: `{"label":"${key}"}`, metadata: null, drawn: false };
  return { kind: "append", key, entries: [{ stream: "account-2", expectedVersion: "any", events: [event] }] };
}

async function lineageOf(hub: Hub): Promise<{ readonly lineage: string }> {
  const [line] = await linesOf(await pullFrom(hub, [{ kind: "stream", name: "account-0" }], { live: false }));
  return line as { lineage: string };
}
