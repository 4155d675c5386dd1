import { memory } from "rivulet";
import { connectRemoteStorage, createStorageServer, type Endpoint, type EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { createChannel, type Channel } from "../support/channel.ts";

const channels: Channel[] = [];

afterEach(() => {
  for (const channel of channels.splice(0)) channel.close();
});

/** Serves a storage with one verb in addition to the protocol. */
function serveOver(storage: EventStorage, trusted = false): Endpoint {
  const channel = createChannel();
  channels.push(channel);
  const verbs = { double: async (value: unknown) => (value as number) * 2 };
  createStorageServer(storage, { defer: setImmediate, verbs, trusted }).connect(channel.server);
  return channel.client;
}

/** The server's answer to a message, or to the request for the head that is sent after it. */
function answerTo(endpoint: Endpoint, message: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    endpoint.addEventListener("message", ({ data }) => resolve(data));
    endpoint.start?.();
    endpoint.postMessage(message);
    endpoint.postMessage({ n: "head", call: "head" });
  });
}

test.each([
  "toString",
  "constructor",
  "hasOwnProperty",
  "valueOf",
  "__proto__",
  "isPrototypeOf",
  "close2",
  "",
  7,
  null,
])("a call named %j is answered with a failure that names it", async (call) => {
  const { storage } = await memory().open();

  const answer = await answerTo(serveOver(storage), { n: 1, call, argument: {} });

  expect(answer).toMatchObject({ n: 1, failure: { code: "invalid-argument", details: { argument: "call" } } });
  expect(answer).toMatchObject({ failure: { message: expect.stringContaining(JSON.stringify(call)) } });
});

test.each(["toString", "constructor", "__proto__", "other"])("no verb is found under %j", async (name) => {
  const { storage } = await memory().open();
  const remote = await connectRemoteStorage(serveOver(storage));

  await expect(remote.verb(name)).rejects.toMatchObject({ code: "invalid-argument", details: { argument: "verb" } });
  await expect(remote.verb("double", 21)).resolves.toBe(42);
});

test.each([null, undefined, 7, "text", true, [], {}, { call: "head" }])(
  "a message that is not a request, %j, is ignored, and the next request is answered",
  async (message) => {
    const { storage } = await memory().open();

    expect(await answerTo(serveOver(storage), message)).toEqual({ n: "head", answer: 0 });
  },
);

test("a remote storage has read models if and only if the storage at the other end has them", async () => {
  const without = await memory().open();
  const withSql = await betterSqlite3().open();

  const far = await connectRemoteStorage(serveOver(without.storage));
  const farWithSql = await connectRemoteStorage(serveOver(withSql.storage));

  expect([far.models, await far.capabilities()]).toEqual([undefined, ["sync"]]);
  expect([typeof farWithSql.models?.queryModels, await farWithSql.capabilities()]).toEqual([
    "function",
    ["models", "sync"],
  ]);
  await withSql.storage.close();
});

test("a call about read models to a storage without them is refused with storage-unavailable", async () => {
  const { storage } = await memory().open();

  const answer = await answerTo(serveOver(storage), { n: 1, call: "modelState", argument: { name: "m", schema: 1 } });

  expect(answer).toMatchObject({ n: 1, failure: { code: "storage-unavailable", details: { reason: "no-sql" } } });
});

test("every verb of a storage is transferred with its argument and its answer", async () => {
  const { storage } = await betterSqlite3().open();
  const asked: unknown[] = [];
  const echoing = echo(storage, asked);
  const remote = await connectRemoteStorage(serveOver(echoing, true));

  const names: string[] = [];
  for (const [path, verb] of verbsIn(remote)) {
    const own = new Set([
      "capabilities",
      "reconnect",
      "disconnect",
      "refuse",
      "lost",
      "verb",
      "end",
      "onChange",
      "close",
      "append",
    ]);
    if (own.has(path)) continue;
    names.push(path);
    expect(await verb(path)).toEqual({ rows: `answer to ${path}`, done: true });
  }

  expect(asked).toEqual(names);
  expect([...names].sort()).toEqual(
    verbsIn(storage)
      .map(([path]) => path)
      // Copies are made where the storage is, so `contents` is not transferred.
      .filter((path) => !["onChange", "close", "append"].includes(path) && !path.startsWith("contents."))
      .sort(),
  );
  await storage.close();
});

type Verb = (argument: unknown) => Promise<unknown>;

/** Every method of a storage, those of groups as `group.verb`. */
function verbsIn(storage: object): [path: string, verb: Verb][] {
  return Object.entries(storage).flatMap(([name, member]): [string, Verb][] => {
    if (typeof member === "function") return [[name, member as Verb]];
    if (typeof member !== "object" || member === null) return [];
    return Object.entries(member as object).map(([verb, run]): [string, Verb] => [`${name}.${verb}`, run as Verb]);
  });
}

/** The same storage, with methods that only record their calls. */
function echo(storage: EventStorage, asked: unknown[]): EventStorage {
  const copy: Record<string, unknown> = { ...storage };
  for (const [path] of verbsIn(storage)) {
    if (path === "onChange" || path === "close") continue;
    const verb = async (argument: unknown): Promise<unknown> => {
      asked.push(argument);
      return { rows: `answer to ${path}`, done: true };
    };
    const [group = "", name] = path.split(".");
    if (name === undefined) copy[group] = verb;
    else copy[group] = { ...(copy[group] as object), [name]: verb };
  }
  return copy as unknown as EventStorage;
}
