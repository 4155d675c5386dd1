import { memory, openEventStore } from "rivulet";
import {
  connectRemoteStorage,
  createRemoteStorage,
  createStorageServer,
  EventStoreError,
  type Endpoint,
  type EventStorage,
} from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { describe, expect, test } from "vitest";
import { fileAdapter } from "../support/sqlite-driver.ts";
import { temporaryPath } from "../support/temporary.ts";

const event = (parts: object = {}): object => ({
  id: crypto.randomUUID(),
  type: "noted",
  schemaVersion: 1,
  data: "1",
  metadata: null,
  ...parts,
});
const entry = (parts: object = {}): object => ({ stream: "s", expectedVersion: "any", events: [event()], ...parts });
const request = (parts: object = {}): object => ({ entries: [entry()], timestamp: 1_000, freshIds: false, ...parts });
const withEvent = (parts: object): unknown => [request({ entries: [entry({ events: [event(parts)] })] })];
const withEntry = (parts: object): unknown => [request({ entries: [entry(parts)] })];

const LONE = "\ud800";

const APPENDS: readonly unknown[] = [
  ...[7, null, undefined, "text", {}, [null], [{}], [request({ entries: null })], [request({ entries: [null] })]],
  ...["x", Number.NaN, Infinity, -1, 1.5, 2 ** 60, 8.65e15, 5n, null].map((timestamp) => [request({ timestamp })]),
  ...[1, "yes"].map((freshIds) => [request({ freshIds })]),
  ...[{}, -1, "1"].map((resentAfter) => [request({ resentAfter })]),
  ...["", 7, "@all", "a\0", LONE, "x".repeat(256), null].map((stream) => withEntry({ stream })),
  ...[{}, Number.NaN, -1, 1.5, "never"].map((expectedVersion) => withEntry({ expectedVersion })),
  ...[2 ** 60, "9999", -1, Number.NaN].map((recordedAt) => withEntry({ recordedAt })),
  ...[null, {}, [null], [7]].map((events) => withEntry({ events })),
  ...["", 7, null, "a\0", LONE, "x".repeat(256), new Uint8Array(16)].map((id) => withEvent({ id })),
  ...["", 7, null, "$type", "a\0", LONE, "x".repeat(256)].map((type) => withEvent({ type })),
  ...[0, -1, 1.5, "1", 2 ** 60].map((schemaVersion) => withEvent({ schemaVersion })),
  ...[
    "",
    "{nope",
    "1],[1,2",
    "1 ",
    "1.0",
    '{"a":1,"a":2}',
    "12345678901234567890",
    "[".repeat(9e4),
    7,
    {},
    undefined,
  ].map((data) => withEvent({ data })),
  ...["7", "{", "null", '"{}"', "[]", 7, {}].map((metadata) => withEvent({ metadata })),
];

interface Reply {
  readonly n: unknown;
  readonly answer?: unknown;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** A client of a server that sends given messages; messages to it pass through `carry`. */
function clientOf(
  server: ReturnType<typeof createStorageServer>,
  carry: (message: unknown) => unknown = structuredClone,
): { send(message: unknown): void; ask(call: string, argument?: unknown): Promise<Reply>; readonly listening: number } {
  const listeners = new Set<Parameters<Endpoint["addEventListener"]>[1]>();
  const waiting = new Map<unknown, (reply: Reply) => void>();
  let count = 0;
  server.connect({
    postMessage(message) {
      const reply = carry(message) as Reply;
      waiting.get(reply.n)?.(reply);
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
  });
  const send = (data: unknown): void => listeners.forEach((listener) => listener({ data }));
  return {
    send,
    ask: (call, argument) =>
      new Promise((resolve) => {
        count += 1;
        waiting.set(count, resolve);
        send({ n: count, call, argument });
      }),
    get listening() {
      return listeners.size;
    },
  };
}

const serverOf = (storage: EventStorage, trusted?: boolean): ReturnType<typeof createStorageServer> =>
  createStorageServer(storage, { defer: setImmediate, trusted });

describe.each([
  { name: "memory", adapter: () => memory() },
  { name: "better-sqlite3", adapter: () => betterSqlite3() },
])("a server over $name", ({ adapter }) => {
  test("refuses an invalid append with its path, and stores the other appends of the message", async () => {
    const { storage } = await adapter().open();
    const server = serverOf(storage);
    const [hostile, sound] = [clientOf(server), clientOf(server)];

    for (const argument of APPENDS) {
      const [refused, stored] = await Promise.all([hostile.ask("append", argument), sound.ask("append", [request()])]);
      expect([argument, refused.failure?.code]).toEqual([
        argument,
        expect.stringMatching(/^invalid-(argument|event)$/),
      ]);
      expect(refused.failure?.message).toMatch(/^(event id \()?append|\(append/);
      expect(stored.answer).toMatchObject([{ ok: true }]);
    }

    const store = await openEventStore({ name: "same", open: async () => ({ storage, verbs: {} }) });
    expect((await store.read().toArray()).length).toBe(APPENDS.length);
    await store.close();
  });

  test("answers every call with every argument, without an unexpected failure", async () => {
    const { storage } = await adapter().open();
    const client = clientOf(serverOf(storage));
    const calls = [
      ...[
        "readPage",
        "listStreams",
        "version",
        "positionAt",
        "saveSnapshot",
        "loadSnapshot",
        "openModel",
        "modelState",
      ],
      ...["applyToModel", "beginRebuild", "sweepModels", "listParked", "retryParked", "queryModels", "acquireLease"],
      ...["releaseLease", "listLeases", "loadCheckpoint", "moveConsumer", "listConsumerParked", "listen", "verb"],
    ];
    const page = { after: 0, upTo: 9, direction: "forward", limit: 9 };
    const model = { name: "m", schema: 1 };
    const answers: [call: string, code: string | undefined][] = [];
    for (const call of calls) {
      for (const argument of [
        undefined,
        null,
        {},
        [],
        [null],
        Number.NaN,
        5n,
        new Map(),
        new Uint8Array(1),
        { name: 7 },
      ]) {
        answers.push([call, (await client.ask(call, argument)).failure?.code]);
      }
    }
    for (const parts of [
      { limit: 1e300 },
      { limit: 1e6 },
      { limit: -1 },
      { filter: 7 },
      { filter: { ids: 7 } },
      { after: "x" },
      { direction: "forward ASC" },
      { fields: ["timestamp,version"] },
      { fields: ["position"] },
      { fields: "id" },
      { columns: "id" },
    ])
      answers.push(["readPage", (await client.ask("readPage", { ...page, ...parts })).failure?.code]);
    for (const parts of [
      { name: 'm" (a); --' },
      { schema: '1" (a); --' },
      { schema: 0 },
      { texts: 7 },
      { runs: [[0, [{}]]] },
    ])
      answers.push(["applyToModel", (await client.ask("applyToModel", { ...model, ...parts })).failure?.code]);

    const query = { text: "SELECT 1", values: [], models: [model] };
    const overlay = { upTo: 1, texts: ["SELECT 1"], runs: [[0, []]], events: [[1, 1]] };
    for (const overlays of [
      7,
      [7],
      [{ ...overlay, upTo: -1 }],
      [{ ...overlay, texts: [7] }],
      [{ ...overlay, runs: [[0, [{}]]] }],
      [{ ...overlay, events: [[1]] }],
      [{ ...overlay, events: [["1", 1]] }],
      [{ ...overlay, events: [[1, -1]] }],
    ])
      answers.push(["queryModels", (await client.ask("queryModels", { ...query, overlays })).failure?.code]);

    for (const now of [undefined, null, "1", Number.NaN, -1, 1.5, 2 ** 60]) {
      const opening = { ...model, tables: [], code: "1", now };
      for (const call of ["openModel", "beginRebuild"])
        answers.push([call, (await client.ask(call, opening)).failure?.code]);
    }

    expect(answers).toEqual(answers.map(([call]) => [call, "invalid-argument"]));
    expect((await client.ask("head")).answer).toBe(0);
    await storage.close();
  });
});

test("a page's statement is prepared once for the same fields, in whatever order and however often they are named", async () => {
  const prepared: string[] = [];
  const { storage } = await fileAdapter({
    path: temporaryPath(),
    beforeStatement: (sql) => void prepared.push(sql),
  }).open();
  const client = clientOf(serverOf(storage));
  const page = { after: 0, upTo: 9, direction: "forward", limit: 9 };
  await client.ask("append", [request()]);
  const read = (fields: readonly string[], columns = false): Promise<Reply> =>
    client.ask("readPage", { ...page, fields, columns });
  const first = await read(["id", "version"]);
  const firstColumns = await read(["id", "version"], true);
  const before = prepared.length;

  for (const fields of [
    ["version", "id"],
    ["id", "version", "id"],
    Array.from({ length: 99 }, (_, n) => (n ? "id" : "version")),
  ]) {
    expect((await read(fields)).answer).toEqual(first.answer);
    expect((await read(fields, true)).answer).toEqual(firstColumns.answer);
  }

  expect(prepared.slice(before)).toEqual([]);
  await storage.close();
});

test.each([
  { name: 'm.1.x" (a ANY); DROP TABLE events; --' },
  { name: "events" },
  { columns: "a ANY) STRICT; DROP TABLE events; --" },
  { indexes: ["a); DROP TABLE events; --"] },
])("a table of a read model that would be other SQL, %j, is refused before any of it runs", async (parts) => {
  const { storage } = await betterSqlite3().open();
  const client = clientOf(serverOf(storage));
  const tables = [{ name: "m.1.own", columns: "a ANY", indexes: [], ...parts }];

  const opened = await client.ask("openModel", { name: "m", schema: 1, now: 1, tables });
  const rebuilt = await client.ask("beginRebuild", { name: "m", schema: 1, now: 1, tables, code: "1" });

  expect([opened.failure?.code, rebuilt.failure?.code]).toEqual(["invalid-argument", "invalid-argument"]);
  expect((await client.ask("append", [request()])).answer).toMatchObject([{ ok: true }]);
  await storage.close();
});

test("a client that can no longer be reached is dropped, and the others get their answers and news", async () => {
  const { storage } = await memory().open();
  const server = serverOf(storage);
  const heard: unknown[] = [];
  const broken = clientOf(server, () => {
    throw new Error("the connection is closed");
  });
  const sound = clientOf(server, (message) => (heard.push(message), structuredClone(message)));
  broken.send({ n: 1, call: "listen", argument: true });
  await sound.ask("listen", true);

  await sound.ask("append", [request()]);
  await sound.ask("head");

  expect(broken.listening).toBe(0);
  expect(heard).toContainEqual(expect.objectContaining({ news: expect.objectContaining({ head: 1 }) }));
});

test("an answer or error that cannot be sent is answered with an error that can", async () => {
  const { storage } = await memory().open();
  const verbs = {
    answers: async () => () => 1,
    throws: () => Promise.reject(new EventStoreError("storage-full", "full", { usage: (() => 1) as never })),
  };
  const client = clientOf(createStorageServer(storage, { defer: setImmediate, verbs }));

  for (const name of ["answers", "throws"])
    expect((await client.ask("verb", { name })).failure?.code).toBe("storage-unavailable");
});

test("one client has at most 10,000 calls without an answer", async () => {
  const { storage } = await memory().open();
  let answer = (): void => undefined;
  const held = new Promise<number>((resolve) => (answer = () => resolve(0)));
  const client = clientOf(serverOf({ ...storage, head: () => held }));

  const asked = Array.from({ length: 10_001 }, () => client.ask("head"));
  const last = await asked.at(-1);
  answer();

  expect(last?.failure).toMatchObject({ code: "storage-unavailable", details: { reason: "too-many-calls" } });
  expect((await asked[9_999])?.answer).toBe(0);
  expect((await client.ask("head")).answer).toBe(0);
});

test("a client ignores a message that is not an answer to it", async () => {
  let hear = (_data: unknown): void => undefined;
  const asked: { n: number }[] = [];
  const remote = createRemoteStorage(
    {
      postMessage: (message) => void asked.push(message as { n: number }),
      addEventListener: (_type, listener) => (hear = (data) => listener({ data })),
      removeEventListener: () => undefined,
    },
    { capabilities: [] },
  );
  const head = remote.head();
  const version = remote.version("s");

  for (const message of [
    null,
    undefined,
    7,
    "text",
    [],
    {},
    { n: 99, answer: 1 },
    { n: "__proto__" },
    { news: null },
    { ended: null },
  ])
    expect(() => hear(message)).not.toThrow();
  hear({ n: asked[0]?.n, failure: null });
  hear({ n: asked[1]?.n, answer: 3 });

  await expect(head).rejects.toThrow();
  expect(await version).toBe(3);
});

test("a client of a server that repeats a page gets an error and does not ask for ever", async () => {
  const { storage } = await memory().open();
  let asked = 0;
  /** Replaces the storage's answer for a number of calls, so that a client that asks endlessly fails instead of hanging. */
  const stuck =
    <Query, Page>(ask: (query: Query) => Promise<Page>, parts: (query: Query) => Partial<Page>) =>
    async (query: Query): Promise<Page> => {
      asked += 1;
      if (asked > 50) throw new Error("asked too often");
      return { ...(await ask(query)), ...parts(query) };
    };
  const server = serverOf({
    ...storage,
    readPage: stuck(storage.readPage, ({ after, upTo, direction }) => ({
      done: false,
      cursor: direction === "forward" ? after : upTo,
    })),
    listStreams: stuck(storage.listStreams, ({ after }) => ({ done: false, cursor: after })),
  });
  const { port1, port2 } = new MessageChannel();
  const disconnect = server.connect(port1 as Endpoint);
  const remote = await connectRemoteStorage(port2 as Endpoint);
  const store = await openEventStore({ name: "remote", open: async () => ({ storage: remote, verbs: {} }) });
  await store.stream("a").append([{ type: "noted" }, { type: "noted" }]);

  for (const reading of [
    () => store.read().toArray(),
    () => store.read({ direction: "backward" }).toArray(),
    () => store.stream("a").read().toArray(),
    () => store.read({ types: ["never"] }).toArray(),
    () => store.streams().toArray(),
  ]) {
    asked = 0;
    await expect(reading()).rejects.toMatchObject({ code: "storage-unavailable", details: { reason: "page" } });
    expect(asked).toBe(1);
  }
  disconnect();
  port1.close();
});

test("a server that repeats a page of parked events causes an error, not an endless loop", async () => {
  const { storage } = await memory().open();
  let asked = 0;
  const listConsumerParked = async (): Promise<never> => {
    asked += 1;
    if (asked > 50) throw new Error("asked too often");
    return [{ position: 1, message: "no", attempts: 1, timestamp: 1, id: "a", stream: "s", type: "noted" }] as never;
  };
  const stuck = { ...storage, consumers: { ...storage.consumers, listConsumerParked } };
  await using store = await openEventStore({ name: "stuck", open: async () => ({ storage: stuck, verbs: {} }) });
  await using consumer = store.consume(defineConsumer({ name: "c", handler: () => undefined }));

  await expect(consumer.parked()).rejects.toMatchObject({ code: "storage-unavailable", details: { reason: "page" } });
  expect(asked).toBe(2);
});
