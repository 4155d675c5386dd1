import { memory, openEventStore, type EventStore } from "rivulet";
import { follow } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import type { PullMessage } from "../../dist/src/sync/messages.js";
import { until } from "../support/sync/until.ts";

const EVENTS = 12_000;

test("a prefix that is followed later, with a long history, holds up nothing: it is fetched beside what goes on", async () => {
  const { store, hub } = await openHub();
  const asked: PullMessage[] = [];
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const own = await openOwn();
  const connect = (parts: { streams?: string[]; streamPrefixes?: string[] }): ReturnType<typeof follow> =>
    follow(own, {
      url: "https://hub.test",
      ...parts,
      fetch: async (url, init) => {
        const message = JSON.parse(init.body) as PullMessage;
        asked.push(message);
        // History on its own comes when the test lets it.
        if (!message.live && message.items.some(({ name }) => name === "log-")) await held;
        return hub.fetch(new Request(url, init));
      },
    });
  await store.stream("list").append(noted(0));
  const before = await connect({ streams: ["list"] });
  await until(before, () => before.status.connection === "live");
  await before.close();
  const replica = await connect({ streams: ["list"], streamPrefixes: ["log-"] });
  onTestFinished(() => replica.close());
  await until(replica, () => asked.some(({ items, live }) => !live && items.every(({ name }) => name === "log-")));

  await store.stream("list").append(noted(1));
  await until(replica, async () => (await own.stream("list").version()) === 2);
  expect(await own.stream("log-1").version()).toBe(0);
  expect(replica.status.connection).toBe("catching-up");

  release?.();
  await until(replica, () => replica.status.connection === "live");
  expect(await own.head()).toBe(EVENTS + 2);
  expect(asked.at(-1)).toMatchObject({ live: true, items: [{}, {}] });
});

test("a new replica of a long history fetches it with an answer that ends, which is compressed, and then goes on", async () => {
  const { hub } = await openHub();
  const asked: [boolean, string | null][] = [];
  const own = await openOwn();
  const replica = await follow(own, {
    url: "https://hub.test",
    streamPrefixes: ["log-"],
    fetch: async (url, init) => {
      const request = new Request(url, { ...init, headers: { "accept-encoding": "gzip" } });
      const response = await hub.fetch(request);
      const encoding = response.headers.get("content-encoding");
      asked.push([(JSON.parse(init.body) as PullMessage).live, encoding]);
      return encoding === null
        ? response
        : new Response((response.body as ReadableStream).pipeThrough(new DecompressionStream("gzip")));
    },
  });
  onTestFinished(() => replica.close());
  await until(replica, () => replica.status.connection === "live");

  expect(await own.head()).toBe(EVENTS);
  expect(asked).toEqual([
    [true, null],
    [false, "gzip"],
    [true, null],
  ]);
});

const noted = (label: number): { type: string; data: number } => ({ type: "noted", data: label });

async function openHub(): Promise<{ store: EventStore; hub: ReturnType<typeof createHub> }> {
  const store = await openOwn();
  for (let from = 0; from < EVENTS; from += 4_000)
    await store.append(
      Array.from({ length: 4_000 }, (_, index) => ({ stream: `log-${index % 3}`, events: [noted(from + index)] })),
    );
  return { store, hub: createHub(store, { authenticate: () => "ada" }) };
}

async function openOwn(): Promise<EventStore> {
  const store = await openEventStore(memory());
  onTestFinished(() => store.close());
  return store;
}
