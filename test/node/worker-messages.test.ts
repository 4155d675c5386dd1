import { createHook } from "node:async_hooks";
import { MessagePort } from "node:worker_threads";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryPath } from "../support/temporary.ts";

const NOTED = { type: "noted", data: { text: "something" } };

/** How often to repeat work, so that what the test itself does not count. */
const TIMES = 100;

/** The messages between this thread and the worker since the last `clear`. */
interface Messages {
  readonly sent: unknown[];
  readonly received: unknown[];
  clear(): void;
}

/** Opens a store in a worker. Its first call has been answered. */
async function open(): Promise<{ store: EventStore; messages: Messages }> {
  const sent: unknown[] = [];
  const received: unknown[] = [];
  const ports = new Set<MessagePort>();
  const post = MessagePort.prototype.postMessage;
  const spy = vi.spyOn(MessagePort.prototype, "postMessage").mockImplementation(function (this: MessagePort, ...given) {
    if (!ports.has(this)) this.on("message", (message) => received.push(message));
    ports.add(this);
    sent.push(given[0]);
    post.apply(this, given);
  });
  const store = await openEventStore(betterSqlite3({ path: temporaryPath(), worker: true }));
  onTestFinished(async () => {
    await store.close();
    spy.mockRestore();
  });
  await store.stream("one").append(NOTED);
  const clear = (): void => void (sent.splice(0), received.splice(0));
  clear();
  return { store, messages: { sent, received, clear } };
}

const WORK: readonly [what: string, work: (store: EventStore) => Promise<unknown>][] = [
  ["an append", (store) => store.stream("one").append(NOTED)],
  [
    "a conflict",
    (store) =>
      store
        .stream("one")
        .append(NOTED, { expectedVersion: 0 })
        .catch(() => undefined),
  ],
  [
    "1,000 appends at once",
    (store) => Promise.all(Array.from({ length: 1_000 }, () => store.stream("one").append(NOTED))),
  ],
  ["a batch of 1,000", (store) => store.stream("one").append(Array.from({ length: 1_000 }, () => NOTED))],
  [
    "an append to two streams",
    (store) =>
      store.append([
        { stream: "one", events: NOTED },
        { stream: "two", events: NOTED },
      ]),
  ],
  ["the version of a stream", (store) => store.stream("one").version()],
  ["a page of events", (store) => store.read({ limit: 100 }).toArray()],
];

test.each(WORK)("%s is one message to the worker and one back", async (_what, work) => {
  const { store, messages } = await open();

  await work(store);

  expect([messages.sent.length, messages.received.length]).toEqual([1, 1]);
});

test("an append is one more message to a store that watches, with its events, however many watchers there are", async () => {
  const { store, messages } = await open();
  const watchers = Array.from({ length: 10 }, () => store.watch({ after: "head" }));
  const next = (): Promise<unknown> => Promise.all(watchers.map((watcher) => watcher.next()));
  // They have asked for the head, and wait.
  await Promise.all([next(), store.stream("one").append(NOTED)]);
  const second = next();
  await store.head();
  messages.clear();

  await Promise.all([second, store.stream("one").append(NOTED)]);

  expect([messages.sent.length, messages.received.length]).toEqual([1, 2]);
});

test("appends and their answers are flat lists, which threads copy faster than objects", async () => {
  const { store, messages } = await open();

  await Promise.all(Array.from({ length: 3 }, () => store.stream("one").append([NOTED, NOTED])));

  for (const message of [...messages.sent, ...messages.received]) {
    expect(Array.isArray(message)).toBe(true);
    expect((message as unknown[]).filter((part) => typeof part === "object" && part !== null)).toEqual([]);
  }
  expect(messages.received).toHaveLength(1);
});

test("an append that is awaited alone takes seven promises at most in the application's thread", async () => {
  const { store } = await open();
  const stream = store.stream("one");
  let promises = 0;
  const hook = createHook({ init: (_id, type) => void (type === "PROMISE" && promises++) });

  hook.enable();
  for (let count = 0; count < TIMES; count++) await stream.append(NOTED);
  hook.disable();

  expect(promises / TIMES).toBeLessThan(7.5);
});
