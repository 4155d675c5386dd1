import { useFakeTime } from "../support/movable-time.ts";
import * as fc from "fast-check";
import { memory, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { serveOverSockets, SOCKET_TEXTS, storeOverSocket } from "rivulet/adapter";
import { describe, expect, test, vi } from "vitest";
import { decodeMessage, encodeMessage } from "../../dist/src/remote/message-text.js";
import { failure } from "../support/outcome.ts";
import { fakeSocket, overSockets, type FakeSocket } from "../support/socket-pair.ts";
import { temporaryPath } from "../support/temporary.ts";
import { until } from "../support/until.ts";

test("any message is unchanged after it was written as text and read", () => {
  const anything = fc.anything({
    withBigInt: true,
    withTypedArray: false,
    withNullPrototype: false,
    key: fc.oneof(fc.string(), fc.constant("@"), fc.constant("__proto__")),
  });
  const leaf = fc.oneof(anything, fc.uint8Array(), fc.constantFrom(-0, NaN, Infinity, -Infinity));
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(fc.string(), fc.constant("@")), leaf), (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }),
  );
});

test.each([
  "",
  "null",
  "no JSON",
  '{"@":"bytes"}',
  '{"@":"function","value":"x"}',
  '{"n":1,"call":"append","argument":{"@":"bigint","value":"x"}}',
])("a client that sends %j is refused or ignored, and others are served", async (text) => {
  const adapter = overSockets(memory());
  await using store = await openEventStore(adapter);
  const connect = serveOverSockets(memory());
  const answers: string[] = [];
  await connect((answer) => answers.push(answer))
    .receive(text)
    .catch((error: unknown) => expect(error).toBeInstanceOf(SyntaxError));
  expect(answers).toEqual([]);
  await store.stream("s").append({ type: "happened" });
});

test("an error in opening the served store rejects each client, with its code", async () => {
  const adapter = overSockets(betterSqlite3({ path: `${temporaryPath()}/missing/app.db` }));
  for (const _client of [1, 2]) {
    const { details } = await failure(openEventStore(adapter), "storage-unavailable");
    expect(details.reason).toBe("no-such-folder");
  }
});

test("opening a store that cannot be reached fails with the reason", async () => {
  const refusing: readonly (() => FakeSocket)[] = [
    () => {
      throw new Error("no address");
    },
    () => fakeSocket((_text, socket) => socket.emit("close")),
    () => fakeSocket((_text, socket) => socket.emit("error")),
  ];
  for (const connect of refusing) {
    const { details } = await failure(openEventStore(storeOverSocket("far", connect)), "storage-unavailable");
    expect(details.reason).toBe("no-connection");
  }
});

describe("a client whose socket is lost", () => {
  const advance = useFakeTime(["setTimeout", "clearTimeout"]);

  test("refuses a socket at once that had failed before anybody listened to its events", async () => {
    const failed = { ...fakeSocket(() => undefined), readyState: 3 };
    const { details } = await failure(openEventStore(storeOverSocket("far", () => failed)), "storage-unavailable");
    expect(details.reason).toBe("no-connection");
  });

  test("gives up a socket that does not open, and sends nothing through it before", async () => {
    const send = vi.fn<(text: string) => void>();
    const connecting = { ...fakeSocket(() => undefined), readyState: 0, send };
    const opening = failure(openEventStore(storeOverSocket("far", () => connecting)), "storage-unavailable");
    await advance(31_000);
    expect((await opening).details.reason).toBe("no-connection");
    expect(send).not.toHaveBeenCalled();
  });

  test("sends unanswered calls again over the next socket, and its watchers continue", async () => {
    const adapter = overSockets(memory());
    await using store = await openEventStore(adapter);
    const heard: number[] = [];
    const watching = (async () => {
      for await (const { position } of store.watch()) if (heard.push(position) === 3) return;
    })();
    await store.stream("s").append({ type: "one" });
    await until(() => heard.length === 1);

    adapter.sockets[0]!.emit("close");
    const appending = [store.stream("s").append({ type: "two" }), store.stream("t").append({ type: "three" })];
    await advance(1_000);

    expect((await Promise.all(appending)).map(({ position }) => position)).toEqual([2, 3]);
    await watching;
    expect(heard).toEqual([1, 2, 3]);
    expect(adapter.sockets).toHaveLength(2);
  });

  test("detects a silent socket, and keeps one that answers", async () => {
    const adapter = overSockets(memory());
    await using store = await openEventStore(adapter);
    for (const _minute of [1, 2, 3, 4, 5]) await advance(60_000);
    expect(adapter.sockets).toHaveLength(1);
    expect(adapter.sockets[0]!.sent).toContain(SOCKET_TEXTS.ping);

    adapter.sockets[0]!.silent = true;
    const appending = store.stream("s").append({ type: "happened" });
    await advance(62_000);
    expect((await appending).position).toBe(1);
    expect(adapter.sockets).toHaveLength(2);
  });

  test("can close its store before it has another socket", async () => {
    const adapter = overSockets(memory());
    const store = await openEventStore(adapter);
    adapter.sockets[0]!.emit("close");
    const left = failure(store.stream("s").version(), "store-closed");
    await store.close();
    await left;
    await advance(60_000);
    expect(adapter.sockets).toHaveLength(1);
  });
});

test("a client that its server has forgotten subscribes again over the same socket", async () => {
  const adapter = overSockets(memory());
  await using store = await openEventStore(adapter);
  const heard: number[] = [];
  const watching = (async () => {
    for await (const { position } of store.watch()) if (heard.push(position) === 2) return;
  })();
  await store.stream("s").append({ type: "one" });
  await until(() => heard.length === 1);
  const listens = (): number => adapter.sockets[0]!.sent.filter((text) => text.includes('"listen"')).length;
  expect(listens()).toBe(1);

  adapter.sockets[0]!.emit("message", SOCKET_TEXTS.forgotten);
  await until(() => listens() === 2);
  await store.stream("s").append({ type: "two" });
  await watching;
  expect(adapter.sockets).toHaveLength(1);
});
