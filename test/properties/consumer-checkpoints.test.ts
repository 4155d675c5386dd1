import { rmSync } from "node:fs";
import * as fc from "fast-check";
import { memory } from "rivulet";
import type { Adapter, ConsumerMove, EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { createRandom } from "../support/random.ts";
import { overChannel } from "../support/remote-adapter.ts";
import { temporaryPath } from "../support/temporary.ts";

const STORAGES: readonly { readonly name: string; readonly make: () => Adapter }[] = [
  { name: "memory", make: () => memory() },
  { name: "better-sqlite3", make: () => betterSqlite3({ path: temporaryPath() }) },
  { name: "a message channel", make: () => overChannel(betterSqlite3()) },
  { name: "worker mode", make: () => betterSqlite3({ path: temporaryPath(), worker: true }) },
];

describe.each(STORAGES)("checkpoints over $name", ({ make }) => {
  test("a checkpoint moves only from its present position, with a valid lease, and never back or beyond the head", async () => {
    const { storage } = await make().open();
    const { consumers } = storage;
    await fill(storage, 10);
    const fence = await takeLease(storage, "a");
    const move = (from: number | null, to: number, by = fence): ReturnType<typeof consumers.moveConsumer> =>
      consumers.moveConsumer({ name: "c", fence: by, checkpoint: { from, to } });

    expect(await consumers.loadCheckpoint("c")).toBeNull();
    expect(await move(null, 4)).toEqual({ outcome: "done" });
    // As if the request was sent twice.
    expect(await move(null, 4)).toEqual({ outcome: "moved", checkpoint: 4 });
    expect(await move(3, 5)).toEqual({ outcome: "moved", checkpoint: 4 });
    await expect(move(4, 3)).rejects.toMatchObject({ code: "invalid-argument", details: { argument: "checkpoint" } });
    await expect(move(4, 11)).rejects.toMatchObject({ code: "invalid-argument", details: { argument: "checkpoint" } });
    const next = await takeLease(storage, "b");
    expect(await move(4, 5)).toEqual({ outcome: "fenced" });
    expect(await move(4, 6, next)).toEqual({ outcome: "done" });
    expect(await consumers.loadCheckpoint("c")).toBe(6);
    expect(await consumers.loadCheckpoint("other")).toBeNull();
    await storage.close();
  });

  test("a consumer saves its first checkpoint once, without a lease, and nothing else without one", async () => {
    const { storage } = await make().open();
    const { consumers } = storage;
    await fill(storage, 10);
    const move = (change: Omit<ConsumerMove, "name">, name = "c") => consumers.moveConsumer({ name, ...change });
    const park = { position: 1, message: "no", attempts: 1, timestamp: 1 };

    expect(await move({ checkpoint: { from: null, to: 3 }, park })).toEqual({ outcome: "fenced" });
    expect(await move({ checkpoint: { from: null, to: 3 }, unpark: 1 })).toEqual({ outcome: "fenced" });
    expect(await move({ park })).toEqual({ outcome: "fenced" });
    expect(await move({})).toEqual({ outcome: "fenced" });
    expect(await move({ checkpoint: { from: null, to: "head" } })).toEqual({ outcome: "done" });
    // As if the request was sent twice, or by another client.
    expect(await move({ checkpoint: { from: null, to: "head" } })).toEqual({ outcome: "moved", checkpoint: 10 });
    expect(await move({ checkpoint: { from: 10, to: 10 } })).toEqual({ outcome: "fenced" });
    expect(await move({ checkpoint: { from: null, to: 4 } }, "later")).toEqual({ outcome: "done" });
    await expect(move({ checkpoint: { from: null, to: 11 } }, "beyond")).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect(await consumers.loadCheckpoint("c")).toBe(10);
    expect(await consumers.loadCheckpoint("later")).toBe(4);
    expect(await consumers.loadCheckpoint("beyond")).toBeNull();
    expect(await consumers.listConsumerParked({ owner: "consumer/c", after: 0, limit: 9 })).toEqual([]);
    await storage.close();
  });

  test("an event is parked together with the checkpoint or not at all; parked events are listed by consumer, in order, in pages", async () => {
    const { storage } = await make().open();
    const { consumers } = storage;
    await fill(storage, 10);
    const fence = await takeLease(storage, "a");
    const parked = (position: number) => ({ position, message: `no ${position}`, attempts: 2, timestamp: 1_000 });
    const listed = (record: ReturnType<typeof parked>) => ({ ...record, id: `e-${record.position - 1}`, type: "t" });
    const list = (after: number, limit: number, owner = "consumer/c") =>
      consumers.listConsumerParked({ owner, after, limit });
    const move = { name: "c", fence };

    await consumers.moveConsumer({ ...move, checkpoint: { from: null, to: 7 }, park: parked(7) });
    await consumers.moveConsumer({ ...move, checkpoint: { from: null, to: 8 }, park: parked(8) });
    for (const position of [2, 9, 5]) await consumers.moveConsumer({ ...move, park: parked(position) });
    await consumers.moveConsumer({ ...move, fence: { ...fence, token: 0 }, park: parked(3) });
    expect(await list(0, 10)).toEqual([2, 5, 7, 9].map(parked).map(listed));
    expect(await list(2, 2)).toEqual([5, 7].map(parked).map(listed));
    expect(await list(0, 10, "consumer/other")).toEqual([]);

    const again = { ...parked(5), attempts: 3, message: "still not" };
    for (let sent = 0; sent < 2; sent++) {
      await consumers.moveConsumer({ ...move, park: again });
      await consumers.moveConsumer({ ...move, unpark: 7 });
    }
    await consumers.moveConsumer({ ...move, fence: { ...fence, token: 0 }, unpark: 2 });
    expect(await list(0, 10)).toEqual([parked(2), again, parked(9)].map(listed));
    await storage.close();
  });
});

test("all storages give the same answers for any sequence of moves and parked events, also when each request is sent twice", async () => {
  const step = fc.record({
    kind: fc.constantFrom("lease", "move", "move", "move", "begin", "park", "unpark", "load", "list"),
    name: fc.constantFrom("x", "y"),
    holder: fc.constantFrom("a", "b"),
    from: fc.option(fc.integer({ min: 0, max: 6 })),
    by: fc.integer({ min: -1, max: 3 }),
    position: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const path = temporaryPath();
      const reference = (await memory().open()).storage;
      const stores = [(await betterSqlite3({ path, durability: "normal" }).open()).storage];
      stores.push((await betterSqlite3({ path, durability: "normal" }).open()).storage);
      await fill(reference, 6);
      await fill(stores[0] as EventStorage, 6);
      const tokens = new Map<string, number>();
      for (const { kind, name, holder, from, by, position } of steps) {
        const fence = { lease: `l-${name}`, token: tokens.get(name + holder) ?? 0 };
        const change: Partial<ConsumerMove> =
          kind === "move"
            ? { checkpoint: { from, to: (from ?? 0) + by } }
            : kind === "begin"
              ? { checkpoint: { from: position > 1 ? null : from, to: by > 0 ? "head" : position } }
              : kind === "park"
                ? { park: { position, message: holder, attempts: by + 2, timestamp: 1 } }
                : { unpark: position };
        const ask = async ({ leases, consumers }: EventStorage): Promise<unknown> => {
          if (kind === "lease") {
            return leases.acquireLease({ name: fence.lease, holder, now: 0, duration: 1, force: true });
          }
          if (kind === "load") return consumers.loadCheckpoint(name);
          if (kind === "list") return consumers.listConsumerParked({ owner: `consumer/${name}`, after: 0, limit: 3 });
          const lease = kind === "begin" ? {} : { fence };
          return consumers.moveConsumer({ name, ...lease, ...change }).catch((error: { code: string }) => error.code);
        };
        const expected = [await ask(reference), await ask(reference)];
        // Two connections to one file, as two processes have.
        const storage = stores[holder === "a" ? 0 : 1] as EventStorage;
        expect([await ask(storage), await ask(storage)]).toEqual(expected);
        if (kind === "lease") tokens.set(name + holder, (expected[0] as { token: number }).token);
      }
      for (const storage of [reference, ...stores]) await storage.close();
      rmSync(path);
    }),
    { seed: createRandom("checkpoints").seed | 0, numRuns: 40 },
  );
});

async function fill(storage: EventStorage, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({
    id: `e-${index}`,
    type: "t",
    schemaVersion: 1,
    data: null,
    metadata: null,
  }));
  await storage.append([{ entries: [{ stream: "s", expectedVersion: "any", events }], timestamp: 1, freshIds: false }]);
}

async function takeLease(storage: EventStorage, holder: string): Promise<NonNullable<ConsumerMove["fence"]>> {
  const outcome = await storage.leases.acquireLease({ name: "l", holder, now: 0, duration: 1, force: true });
  if (!outcome.held) throw new Error("a lease was not given by force");
  return { lease: "l", token: outcome.token };
}
