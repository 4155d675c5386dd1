import { openEventStore } from "rivulet";
import type { Adapter, EventStorage, StoredRecord, SyncStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { failure } from "../support/outcome.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { temporaryPath } from "../support/temporary.ts";

const NOTED = { position: 7, type: "noted", schemaVersion: 1, data: "1", metadata: null };

function confirmed(stream: string, version: number, timestamp: number): StoredRecord {
  return { ...NOTED, stream, version, id: `${stream}-${version}`, timestamp };
}

describe("on a file", () => {
  tests(() => {
    const path = temporaryPath();
    return () => betterSqlite3({ path });
  });
});

describe.skipIf(mayBeLeftOut())("on PostgreSQL", () => {
  const server = usePostgres();
  let count = 0;
  tests(() => {
    const { connectionString } = server();
    const schema = `followed_${++count}`;
    return () => postgres({ connectionString, schema });
  });
});

/** `create` returns a function that gives each process an adapter of one store. */
function tests(create: () => () => Adapter): void {
  test("once a process follows streams from a hub, no process can append to them, and all other streams work as before", async () => {
    const adapter = create();
    await using store = await openEventStore(adapter());
    await using other = await openEventStore(adapter());
    await store.stream("order-1").append({ type: "noted" });
    await other.stream("own").append({ type: "noted" });

    const { storage, sync } = await opened(adapter());
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

  test("of appends that are stored together, those to followed streams are refused, and the others are stored", async () => {
    const adapter = create();
    await using store = await openEventStore(adapter());
    const { storage, sync } = await opened(adapter());
    await sync.follow([{ kind: "stream", name: "list" }]);

    const appends = ["own", "list", "other", "list", "own"].map((name) =>
      store.stream(name).append([{ type: "noted" }, { type: "noted" }]),
    );

    expect((await Promise.allSettled(appends)).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect((await store.read().toArray()).map(({ stream }) => stream)).toEqual([
      ...["own", "own", "other", "other", "own", "own"],
    ]);
    await storage.close();
  });

  test("a confirmed event keeps its time, and the time along positions never decreases", async () => {
    const adapter = create();
    await using store = await openEventStore(adapter(), { clock: () => 3_000 });
    await store.stream("own").append({ type: "noted" });
    const { storage, sync } = await opened(adapter());
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

  test("another process is notified of changes of the outbox, and of confirmed events", async () => {
    const adapter = create();
    const here = await opened(adapter());
    const there = await opened(adapter());
    const heard: { readonly head: number; readonly replica?: number }[] = [];
    const stop = there.storage.onChange((news) => heard.push(news));

    await here.sync.follow([{ kind: "stream", name: "list" }]);
    const entry = { id: "e", streams: ["list"], ids: ["list-1"], body: "{}", timestamp: 1 };
    expect(await here.sync.enqueue([{ entry, most: 10 }])).toMatchObject([{ outcome: "queued", as: { number: 1 } }]);

    const newest = (): number => Math.max(0, ...heard.map(({ replica = 0 }) => replica));
    await expect.poll(newest, { timeout: 15_000 }).toBe((await here.sync.loadReplica()).generation);
    expect((await there.sync.listEntries({ after: 0, limit: 10 })).entries).toMatchObject([entry]);
    // The other process listens by now, and no event has come. Without a notification, it would look twice a minute.
    await here.sync.enqueue([{ entry: { ...entry, id: "e2", ids: ["list-2"] }, most: 10 }]);
    await expect.poll(newest, { timeout: 15_000 }).toBe((await here.sync.loadReplica()).generation);
    await here.sync.settle({ id: "e2", rejected: null });
    await expect.poll(newest, { timeout: 15_000 }).toBe((await here.sync.loadReplica()).generation);
    const { items } = await here.sync.loadReplica();
    await here.sync.applyConfirmed({
      lineage: "hub",
      events: [confirmed("list", 1, 1_000)],
      items,
      place: { position: 9, mark: "m" },
    });
    await expect.poll(newest, { timeout: 15_000 }).toBe((await here.sync.loadReplica()).generation);
    await expect.poll(() => heard.at(-1)?.head).toBe(1);
    expect((await there.sync.listEntries({ after: 0, limit: 10 })).entries).toEqual([]);
    stop();
    await Promise.all([here.storage.close(), there.storage.close()]);
  });
}

async function opened(adapter: Adapter): Promise<{ storage: EventStorage; sync: SyncStorage }> {
  const { storage } = await adapter.open();
  const { sync } = storage;
  if (sync === undefined) throw new Error("the storage keeps nothing for replicas");
  return { storage, sync };
}
