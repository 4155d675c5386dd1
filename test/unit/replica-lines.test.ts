/** What a replica makes of the lines of a hub: the data of events comes back as it was sent, and what is no JSON is refused. */
import type { FetchLike } from "rivulet/sync";
import { createTestHub } from "rivulet/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { openInMemoryClient, type Client } from "../support/sync/slow-client.ts";
import { until } from "../support/sync/until.ts";

/** Stands for what a test puts into the text of a line. */
const MARK = '"@"';

test.each([
  ["a negative zero", "-0", 0],
  ["a key named like the prototype", '{"__proto__":{"a":1}}', JSON.parse('{"__proto__":{"a":1}}')],
  ["keys in another order than numbers", '{"b":1,"10":2,"a":3}', { 10: 2, b: 1, a: 3 }],
  ["numbers with more digits than needed", "[1.50,1e2]", [1.5, 100]],
  ["a method's name", '{"toJSON":1}', { toJSON: 1 }],
  ["null", "null", null],
  ["the deepest nesting", nested(500), JSON.parse(nested(500))],
])("data arrives as it was sent: %s", async (_name, text, data) => {
  const { replica, store } = await startDevice((line) => line.replace(MARK, text));
  await until(replica, async () => (await store.head()) === 1);
  const [event] = await store.read().toArray();
  expect(event?.data).toEqual(data);
  expect(JSON.stringify(event?.data)).toBe(JSON.stringify(data));
});

test.each([
  ["data with a number that would become another", MARK, "1e400", "invalid-event"],
  ["data nested too deep", MARK, nested(501), "invalid-event"],
  ["metadata that is a list", '{"kind":"plain"}', "[1]", "invalid-event"],
  ["metadata that is a text", '{"kind":"plain"}', '"text"', "invalid-event"],
  ["metadata that is a number", '{"kind":"plain"}', "1", "invalid-event"],
  ["metadata nested too deep", '{"kind":"plain"}', `{"a":${nested(500)}}`, "invalid-event"],
  ["metadata that is true", '{"kind":"plain"}', "true", "invalid-event"],
  ["an event that is no list", /"events":\[\[.*\]\]/, '"events":[{}]', "invalid-argument"],
])("a line is refused as a whole, and nothing is stored: %s", async (_name, sent, text, code) => {
  const { replica, store } = await startDevice((line) => line.replace(sent, text));
  await until(replica, async () => replica.status.error !== undefined || (await store.head()) > 0);
  expect(replica.status.error).toMatchObject({ code });
  expect(await store.head()).toBe(0);
});

test("the data of an event that arrives is written as JSON once, and parsed with its line", async () => {
  await using hub = await createTestHub();
  const events = Array.from({ length: 400 }, (_, index) => ({ type: "noted", data: { index } }));
  for (let batch = 0; batch < 5; batch++) await hub.store.stream("list-1").append(events);
  const stringify = vi.spyOn(JSON, "stringify");
  const parse = vi.spyOn(JSON, "parse");
  onTestFinished(() => void vi.restoreAllMocks());
  const { replica, store } = await openInMemoryClient(hub.fetch, "list-");
  await until(replica, async () => (await store.head()) === 2_000);

  // The hub in the same process writes something of each event, too. A few calls are for lines and pages.
  expect(stringify.mock.calls.length).toBeLessThan(2 * 2_000 + 200);
  expect(parse.mock.calls.length).toBeLessThan(200);
});

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

/** A device that follows one event, whose line is changed on its way. */
async function startDevice(change: (line: string) => string): Promise<Client> {
  const hub = await createTestHub();
  onTestFinished(() => hub.close());
  await hub.store.stream("list-1").append({ type: "noted", data: "@", metadata: { kind: "plain" } });
  const fetch: FetchLike = async (url, init) => {
    const response = await hub.fetch(url, init);
    const reader = response.body?.getReader();
    if (reader === undefined) return response;
    const read: typeof reader.read = async () => {
      const { done, value } = await reader.read();
      if (value === undefined) return { done, value };
      return { done, value: new TextEncoder().encode(change(new TextDecoder().decode(value))) };
    };
    return { ...response, body: { getReader: () => ({ read, cancel: (reason) => reader.cancel(reason) }) } };
  };
  return openInMemoryClient(fetch, "list-");
}
