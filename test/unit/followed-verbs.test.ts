/** A followed stream gets its events from the hub alone, whatever is called. */
import { isEventStoreError, memory, openEventStore } from "rivulet";
import { ndjson } from "rivulet/ndjson";
import { follow } from "rivulet/sync";
import { expect, test } from "vitest";
import { openHandles, VERBS, type Handles, type Verb } from "../support/verb-table.ts";

/** The verbs that append. All others leave the events as they are. */
const APPENDS = ["context.append", "store.append", "store.importEvents", "stream.append", "stream.execute"];

test.each(["followed", "unfollowed"])("no verb of a store appends to a stream that is %s", async (now) => {
  const handles = await openHandles();
  const { store } = handles;
  const replica = await follow(store, {
    url: "https://example.org/sync",
    fetch: () => Promise.reject(new Error("no network")),
    streamPrefixes: ["a", "b"],
  });
  if (now === "unfollowed") await replica.unfollow({ streamPrefixes: ["a", "b"] });
  const other = await openEventStore(memory());
  await other.stream("a").append({ type: "counted" });
  let exported = "";
  for await (const line of other.exportEvents(ndjson)) exported += line;
  const head = await store.head();

  const refused: string[] = [];
  for (const [name, verb] of Object.entries(VERBS)) {
    const good = name === "store.importEvents" ? { ...verb.good, events: exported } : verb.good;
    if (await isRefused(handles, verb, Object.values(good))) refused.push(name);
    expect(await store.head(), name).toBe(head);
  }

  expect([...refused].sort()).toEqual(APPENDS);
  await replica.close();
  await store.close();
});

/** Whether a call fails because the stream is followed. */
async function isRefused(handles: Handles, { call }: Verb, values: readonly unknown[]): Promise<boolean> {
  try {
    await call(handles, ...(values as never[]));
    return false;
  } catch (error) {
    if (isEventStoreError(error, "stream-followed")) return true;
    return isEventStoreError(error, "import-failed") && isEventStoreError(error.cause, "stream-followed");
  }
}
