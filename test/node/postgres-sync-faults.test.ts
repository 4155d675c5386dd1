import type { EventStorage, SyncStorage } from "rivulet/adapter";
import { postgres } from "rivulet/postgres";
import { describe, expect, test } from "vitest";
import { emptied } from "../support/emptied-postgres.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { startProxy } from "../support/postgres-proxy.ts";

const ENTRY = { id: "e", streams: ["list"], ids: ["list-1"], body: "{}", timestamp: 1 };
const EVENT = { type: "noted", schemaVersion: 1, data: "1", metadata: null };
const PLACE = { position: 9, mark: "m" };

describe.skipIf(mayBeLeftOut())("what replicas and hubs store on PostgreSQL, behind a connection that fails", () => {
  const server = usePostgres();

  test.each([
    { from: "client", kind: "E", fate: "cut" },
    { from: "server", kind: "C", fate: "cut" },
  ] as const)(
    "is stored once, and other processes hear of it, in whichever statement the connection ends: $fate at $kind from the $from",
    async ({ from, kind, fate }) => {
      const { connectionString, query } = server();
      const proxy = await startProxy(server());
      const adapter = await emptied(postgres({ connectionString }), query);
      let reached = true;
      // In every statement of one run, one after the other.
      for (let at = 1; reached; at++) {
        const { storage: there } = await adapter.open();
        let heard = -1;
        const stop = there.onChange(({ replica = heard }) => (heard = replica));
        const { storage: here } = await postgres({ connectionString: proxy.connectionString }).open();
        reached = false;
        let count = 0;
        proxy.decide((message) => {
          if (message.from !== from || message.kind !== kind || ++count !== at) return "pass";
          reached = true;
          return fate;
        });

        await use(here, here.sync as SyncStorage, async (generation) => {
          await expect.poll(() => heard, { timeout: 15_000, message: `in statement ${at}` }).toBe(generation);
        });

        proxy.decide(() => "pass");
        stop();
        await Promise.all([here.close(), there.close()]);
      }
    },
  );
});

/** Calls every verb; `hears` resolves once another process has heard of a generation. */
async function use(
  storage: EventStorage,
  sync: SyncStorage,
  hears: (generation: number) => Promise<void>,
): Promise<void> {
  const { items } = await sync.follow([{ kind: "stream", name: "list" }]);
  await hears(1);
  await sync.enqueue([{ entry: ENTRY, generation: 1, most: 10 }]);
  await hears(2);
  await sync.enqueue([{ entry: { ...ENTRY, id: "e2", ids: ["list-2"] }, most: 10 }]);
  await hears(3);
  await sync.settle({ id: "e2", rejected: '"no"' });
  await hears(4);
  const { entries } = await sync.listEntries({ after: 0, limit: 10 });
  expect(entries.map(({ number, id, rejected }) => [number, id, rejected])).toEqual([
    [1, "e", null],
    [2, "e2", '"no"'],
  ]);
  const events = [{ ...EVENT, position: 9, stream: "list", version: 1, id: "list-1", timestamp: 1_000 }];
  const applied = await sync.applyConfirmed({ lineage: "hub", events, items, place: PLACE });
  expect(applied).toMatchObject({ outcome: "applied", step: { to: 5 } });
  await hears(5);
  expect(await sync.unfollow({ items, discard: true })).toEqual({ outcome: "unfollowed" });
  await hears(6);
  expect(await sync.saveResult({ key: "k", id: "own-1", result: "1", timestamp: 1 })).toEqual({ kept: "1" });
  expect(await sync.loadResult("k")).toBe("1");
  const entry = { stream: "own", expectedVersion: "any", events: [{ ...EVENT, id: "own-1" }] } as const;
  const [outcome] = await storage.append([{ entries: [entry], timestamp: 1, freshIds: true, unlessKept: "k" }]);
  expect(outcome).toMatchObject({ ok: false, failure: { code: "result-kept" } });
  expect(await sync.loadReplica()).toEqual({
    lineage: "hub",
    generation: 6,
    items: [],
    unfollowed: [{ kind: "stream", name: "list", ...PLACE }],
  });
  expect(await storage.head()).toBe(1);
}
