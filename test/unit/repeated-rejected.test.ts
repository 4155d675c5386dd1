/** What is called again with the key of something that the hub has refused is told of it, and does not wait for ever. */
import { memory, openEventStore } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { follow, type Queued, type Replica } from "rivulet/sync";
import { createTestHub } from "rivulet/testing";
import { onTestFinished, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { until } from "../support/sync/until.ts";

/** A decider that refuses some commands, on the device or only at the hub. */
const noting = (isFine: (label: string) => boolean) =>
  defineDecider({
    name: "note",
    initial: () => 0,
    evolve: { noted: (count: number) => count + 1 },
    decide(label: string) {
      if (!isFine(label)) throw new Error("not here");
      return { type: "noted" as const, data: { label } };
    },
  });

test.each<[what: string, call: (replica: Replica, label: string, key?: string) => Promise<Queued>]>([
  ["a command", (replica, label, key) => replica.stream("notes").execute("note", label, { key })],
  ["an append", (replica, label, key) => replica.stream("notes").append({ type: "noted", data: { label } }, { key })],
])("%s that is repeated after it was refused is rejected again", async (_what, call) => {
  const hub = await createTestHub({
    deciders: { note: noting((label) => label !== "bad") },
    mayAppend: (_client, { events }) => (events.some(({ data }) => data?.includes("bad")) ? "not here" : true),
  });
  const store = await openEventStore(memory());
  const { url, fetch } = hub;
  const replica = await follow(store, { url, fetch, streams: ["notes"], deciders: { note: noting(() => true) } });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
    await hub.close();
  });
  await until(replica, () => replica.status.connection === "live");
  await failure((await call(replica, "bad", "k")).confirmed, "entry-rejected");
  await (
    await call(replica, "good")
  ).confirmed;

  const again = await call(replica, "bad", "k");

  const { confirmed } = again;
  await (
    await call(replica, "good")
  ).confirmed;
  // What has waited until then would be rejected because the replica is closed.
  await replica.close();
  await failure(confirmed, "entry-rejected");
});
