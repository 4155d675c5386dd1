import { PGlite } from "@electric-sql/pglite";
import * as fc from "fast-check";
import { memory } from "rivulet";
import type {
  Adapter,
  AppendRequest,
  ConfirmedBatch,
  EventStorage,
  FollowedRecord,
  SyncStorage,
} from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { pglite } from "rivulet/pglite";
import { postgres } from "rivulet/postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { emptied } from "../support/emptied-postgres.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { overChannel } from "../support/remote-adapter.ts";

/** One call of the storage, and the hub's stream that it refers to. */
type Step = (storage: EventStorage, sync: SyncStorage) => Promise<unknown>;

const STREAMS = ["a", "ab", "b"];

/** The hub's events by stream: the same for every call, so that batches may or may not fit together. */
function hubEvent(stream: string, version: number, twin = ""): ConfirmedBatch["events"][number] {
  const timestamp = 1_000 + (version % 3) * 100;
  const data = JSON.stringify({ version });
  const id = `${stream}-${version}${twin}`;
  return { position: version, stream, version, id, type: "noted", schemaVersion: 1, data, metadata: null, timestamp };
}

const HISTORY = ["a", "b", "a", "ab", "b", "a", "ab", "a"].map((name, index, all) =>
  hubEvent(name, all.slice(0, index + 1).filter((other) => other === name).length),
);

const item = fc.constantFrom(
  { kind: "stream", name: "a" } as const,
  { kind: "stream", name: "b" } as const,
  { kind: "prefix", name: "a" } as const,
);
const request = fc
  .tuple(item, fc.constantFrom(false, false, true))
  .map(([{ kind, name }, restart]) => ({ kind, name, restart }));
const stream = fc.constantFrom(...STREAMS);
const version = fc.integer({ min: 1, max: 3 });
const place = fc.constantFrom(0, 0, 0, 1, 2, 3).map((position) => ({ position, mark: position === 0 ? null : "m" }));

const batch = fc.record({
  lineage: fc.constantFrom("hub", "hub", "hub", "hub", "another"),
  // Mostly an unchanged part of the hub's history, sometimes anything.
  events: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.nat(6), fc.nat(4)).map(([from, count]) => HISTORY.slice(from, from + count)) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.tuple(stream, version, fc.constantFrom("", "'")).map((given) => hubEvent(...given)),
        { maxLength: 3 },
      ),
    },
  ),
  items: fc.array(
    fc.tuple(item, place).map(([{ kind, name }, { position, mark }]) => ({ kind, name, position, mark })),
    { maxLength: 2 },
  ),
  place,
});

const entry = fc.constantFrom("e1", "e2", "e3").chain((id) =>
  fc.record({
    id: fc.constant(id),
    streams: fc.subarray(STREAMS, { minLength: 1 }),
    ids: fc.uniqueArray(
      fc.tuple(stream, version).map(([name, number]) => `${name}-${number}`),
      { minLength: 1, maxLength: 2 },
    ),
    body: fc.constant(`{"of":"${id}"}`),
    timestamp: fc.nat(99),
  }),
);

function appendOf(name: string, ids: readonly string[], unlessKept: string | undefined): AppendRequest {
  const events = ids.map((id) => ({ id, type: "noted", schemaVersion: 1, data: "1", metadata: null }));
  const entries = [{ stream: name, expectedVersion: "any", events } as const];
  return { entries, timestamp: 1_050, freshIds: false, ...(unlessKept !== undefined && { unlessKept }) };
}

/** The hub sends the events of an entry that waits, with those before them in their streams. */
function confirmEntry(index: number): Step {
  return async (_storage, sync) => {
    const [{ lineage }, { entries }] = await Promise.all([
      sync.loadReplica(),
      sync.listEntries({ after: 0, limit: 100 }),
    ]);
    const events = (entries[index % entries.length]?.ids ?? []).flatMap((id) => {
      const [name = "", newest] = id.split("-");
      return Array.from({ length: Number(newest) }, (_, before) => hubEvent(name, before + 1));
    });
    return sync.applyConfirmed({ lineage: lineage ?? "hub", events, items: [], place: { position: 0, mark: null } });
  };
}

const key = fc.constantFrom("k1", "k2");

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: batch.map(
      (one): Step =>
        (_storage, sync) =>
          sync.applyConfirmed(one),
    ),
  },
  { weight: 3, arbitrary: fc.nat(2).map((index) => confirmEntry(index)) },
  {
    weight: 2,
    arbitrary: fc.array(request, { maxLength: 2 }).map(
      (items): Step =>
        (_storage, sync) =>
          sync.follow(items),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.array(item, { maxLength: 2 }), fc.boolean()).map(
      ([items, discard]): Step =>
        (_storage, sync) =>
          sync.unfollow({ items, discard }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.record({
          entry,
          // By how much the generation is behind or ahead of the one that the entries before it lead to.
          off: fc.option(fc.constantFrom(0, 0, 0, -1, 1), { nil: undefined }),
          most: fc.integer({ min: 1, max: 3 }),
          replaces: fc.option(fc.constantFrom("e1", "e2"), { nil: undefined, freq: 4 }),
        }),
        { minLength: 1, maxLength: 3 },
      )
      .map((asked): Step => async (_storage, sync) => {
        const { generation } = await sync.loadReplica();
        return sync.enqueue(
          asked.map((one, index) => ({
            entry: one.entry,
            most: one.most,
            ...(one.off !== undefined && { generation: Math.max(0, generation + index + one.off) }),
            ...(one.replaces !== undefined && { replaces: one.replaces }),
          })),
        );
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("e1", "e2", "e3"), fc.constantFrom('"why"', '"else"', null))
      .map(([id, rejected]): Step => async (_storage, sync) => ({ settled: await sync.settle({ id, rejected }) })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(key, stream, fc.nat(9)).map(
      ([one, name, n]): Step =>
        (_storage, sync) =>
          sync.saveResult({ key: one, id: `${name}-1`, result: `{"n":${n}}`, timestamp: n }),
    ),
  },
  {
    weight: 1,
    arbitrary: key.map(
      (one): Step =>
        (_storage, sync) =>
          sync.loadResult(one),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.tuple(
          stream,
          fc.uniqueArray(fc.constantFrom("x", "y", "z", "a-1", "b-2"), { minLength: 1, maxLength: 2 }),
          fc.option(key, { nil: undefined }),
        ),
        { minLength: 1, maxLength: 3 },
      )
      .map(
        (asked): Step =>
          (storage) =>
            storage.append(asked.map((given) => appendOf(...given))),
      ),
  },
);

/** Without it, few of the sequences queue entries. */
const followAll: Step = (_storage, sync) =>
  sync.follow(STREAMS.map((name) => ({ kind: "stream", name, restart: false })));

/** More of them by hand: `RIVULET_RUNS=5000 npx vitest run test/properties/sync-storage.test.ts`. */
const RUNS = Number(process.env["RIVULET_RUNS"] ?? 0);

/** `tells`: whether the storage tells what a settlement has changed. */
async function compare(adapter: Adapter, runs: number, tells = false): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 5, maxLength: 40 }), async (isFollowing, others) => {
      const steps = isFollowing ? [followAll, ...others] : others;
      const inMemory = await play(memory(), steps, tells);
      expect(await play(adapter, steps, tells)).toEqual(inMemory);
    }),
    { numRuns: RUNS || runs },
  );
}

describe("for any sequence of calls of replicas and hubs, a storage answers as the one in memory:", () => {
  test("on SQLite", async () => {
    await compare(overChannel(betterSqlite3()), 150, true);
  });

  test("in PGlite", async () => {
    const database = await PGlite.create();
    onTestFinished(() => database.close());
    await compare(await emptied(pglite({ database }), (text) => database.exec(text)), 25);
  });

  describe.skipIf(mayBeLeftOut())("on a server", () => {
    const server = usePostgres();
    test("of PostgreSQL", async () => {
      const { connectionString, query } = server();
      await compare(await emptied(postgres({ connectionString }), query), 60);
    });
  });
});

/** The answer of each step, and the stored events after it. */
async function play(adapter: Adapter, steps: readonly Step[], tells: boolean): Promise<unknown[]> {
  const { storage } = await adapter.open();
  const { sync } = storage;
  if (sync === undefined) throw new Error("the storage keeps nothing for replicas");
  const seen: unknown[] = [];
  for (const one of steps) {
    const answer = await one(storage, sync);
    const { items, unfollowed, ...state } = await sync.loadReplica();
    const isLeftOut = !tells && "settled" in Object(answer);
    seen.push(isLeftOut ? null : plain(answer), await countOf(sync), {
      ...state,
      items: sorted(items),
      unfollowed: sorted(unfollowed),
      outbox: await sync.listEntries({ after: 0, limit: 2 }),
      events: (await storage.readPage({ after: 0, upTo: 1_000, direction: "forward", limit: 100 })).count,
      at: await Promise.all([1_000, 1_050, 1_100, 1_200].map((time) => storage.positionAt(time))),
    });
  }
  seen.push(await eventsOf(storage));
  await storage.close();
  return seen;
}

/** Asks for a place in an outbox that is just full: what the storage counts is told, and nothing is queued. */
async function countOf(sync: SyncStorage): Promise<unknown> {
  const { entries } = await sync.listEntries({ after: 0, limit: 100 });
  const probe = { id: "probe", streams: ["a"], ids: ["probe-1"], body: "{}", timestamp: 0 };
  const [found] = await sync.enqueue([{ entry: probe, most: entries.length }]);
  if (found?.outcome !== "not-followed") expect(found).toEqual({ outcome: "full", entries: entries.length });
  return found;
}

function sorted(items: readonly FollowedRecord[]): readonly FollowedRecord[] {
  return [...items].sort((x, y) => `${x.kind} ${x.name}`.localeCompare(`${y.kind} ${y.name}`));
}

async function eventsOf(storage: EventStorage): Promise<unknown> {
  const { rows } = await storage.readPage({ after: 0, upTo: 1_000, direction: "forward", limit: 100 });
  const text = typeof rows === "string" ? rows : new TextDecoder().decode(rows);
  return JSON.parse(text);
}

/**
 * Normalizes answers for comparison: without appended events the versions have no meaning, and an entry's own time may
 * be absent.
 */
function plain(answer: unknown): unknown {
  const { items, generation, lineage } = Object(answer) as { items?: unknown; generation?: unknown; lineage?: unknown };
  if (items !== undefined) return { generation, lineage };
  return JSON.parse(
    JSON.stringify(answer ?? null, (name, value: unknown) =>
      ["timestamp", "version", "position", "known"].includes(name) ? undefined : value,
    ),
  );
}
