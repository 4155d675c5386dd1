import { openEventStore } from "rivulet";
import type { EventStorage, StoredRecord, SyncStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { temporaryPath } from "../support/temporary.ts";

const NOTED = { position: 7, type: "noted", schemaVersion: 1, data: "1", metadata: null };

function confirmed(stream: string, version: number, timestamp: number): StoredRecord {
  return { ...NOTED, stream, version, id: `${stream}-${version}`, timestamp };
}

test("once a process follows streams from a hub, no process can append to them, and all other streams work as before", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }));
  await using other = await openEventStore(betterSqlite3({ path }));
  await store.stream("order-1").append({ type: "noted" });
  await other.stream("own").append({ type: "noted" });

  const { storage, sync } = await opened(path);
  await sync.follow([
    { kind: "prefix", name: "order-" },
    { kind: "stream", name: "list" },
  ]);

  for (const one of [store, other]) {
    for (const stream of ["order-1", "order-2", "list"]) {
      const error = await failure(one.stream(stream).append({ type: "noted" }), "stream-followed");
      expect(error.details).toEqual({ stream });
    }
    await failure(
      one.append([
        { stream: "own", events: { type: "noted" } },
        { stream: "list", events: { type: "noted" } },
      ]),
      "stream-followed",
    );
    await one.stream("listing").append({ type: "noted" });
  }
  expect(await store.stream("own").version()).toBe(1);
  await storage.close();
});

test("a confirmed event keeps its time, and the time along positions never decreases", async () => {
  const path = temporaryPath();
  await using store = await openEventStore(betterSqlite3({ path }), { clock: () => 3_000 });
  await store.stream("own").append({ type: "noted" });
  const { storage, sync } = await opened(path);
  const items = [{ kind: "stream", name: "list" } as const];
  await sync.follow(items);
  const { items: followed } = await sync.loadReplica();
  const events = [confirmed("list", 1, 1_000), confirmed("list", 2, 2_000), confirmed("list", 3, 4_000)];
  const place = { position: 9, mark: "m" };

  await sync.applyConfirmed({ lineage: "hub", events, items: followed, place });

  const found = await store.read().toArray();
  expect(found.map(({ stream, version, timestamp }) => [stream, version, timestamp])).toEqual([
    ["own", 1, 3_000],
    ["list", 1, 1_000],
    ["list", 2, 2_000],
    ["list", 3, 4_000],
  ]);
  // The events recorded up to a time are always all events up to some position, without gaps.
  expect((await store.read({ asOf: 2_999 }).toArray()).map(({ id }) => id)).toEqual([]);
  expect((await store.read({ asOf: 3_999 }).toArray()).map(({ stream }) => stream)).toEqual(["own", "list", "list"]);
  const { events: appended } = await store.stream("own").append({ type: "noted" });
  expect(appended.map(({ timestamp }) => timestamp)).toEqual([4_000]);
  await storage.close();
});

test("another process is notified of changes of the outbox", async () => {
  const path = temporaryPath();
  const here = await opened(path);
  const there = await opened(path);
  const heard: unknown[] = [];
  const stop = there.storage.onChange(({ replica }) => heard.push(replica));

  await here.sync.follow([{ kind: "stream", name: "list" }]);
  const entry = { id: "e", streams: ["list"], ids: ["list-1"], body: "{}", timestamp: 1 };
  expect(await here.sync.enqueue({ entry, most: 10 })).toEqual({ outcome: "queued" });

  await expect.poll(() => heard.at(-1)).toBe((await here.sync.loadReplica()).generation);
  expect((await there.sync.listEntries({ after: 0, limit: 10 })).entries).toMatchObject([entry]);
  stop();
  await Promise.all([here.storage.close(), there.storage.close()]);
});

async function opened(path: string): Promise<{ storage: EventStorage; sync: SyncStorage }> {
  const { storage } = await betterSqlite3({ path }).open();
  const { sync } = storage;
  if (sync === undefined) throw new Error("the storage keeps nothing for replicas");
  return { storage, sync };
}
