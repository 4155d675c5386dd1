import { rmSync } from "node:fs";
import * as fc from "fast-check";
import { memory } from "rivulet";
import type { Adapter, EventStorage, LeaseOutcome, LeaseRequest } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { describe, expect, test } from "vitest";
import { createRandom } from "../support/random.ts";
import { overChannel } from "../support/remote-adapter.ts";
import { temporaryPath } from "../support/temporary.ts";

type LeaseSeen = NonNullable<LeaseRequest["instead"]>;

const STORAGES: readonly { readonly name: string; readonly make: () => Adapter }[] = [
  { name: "memory", make: () => memory() },
  { name: "better-sqlite3", make: () => betterSqlite3({ path: temporaryPath() }) },
  { name: "a message channel", make: () => overChannel(betterSqlite3()) },
  { name: "worker mode", make: () => betterSqlite3({ path: temporaryPath(), worker: true }) },
];

describe.each(STORAGES)("leases over $name", ({ make }) => {
  const open = async (): Promise<EventStorage> => (await make().open()).storage;

  test("whatever the wall clock says, a lease is held until another client has seen it unchanged for its duration; the next holder has a greater token", async () => {
    const storage = await open();
    const ask = (holder: string, now: number, instead?: LeaseSeen): Promise<LeaseOutcome> =>
      storage.leases.acquireLease({ name: "work", holder, now, duration: 100, ...(instead && { instead }) });

    const first = await ask("a", 1_000);
    expect(first).toEqual({ held: true, token: expect.any(Number) });
    expect(await ask("b", 1_040)).toEqual({ held: false, remaining: 60, seen: expect.anything() });
    expect(await ask("a", 1_050)).toEqual(first);
    expect(await ask("b", 1_100)).toEqual({ held: false, remaining: 50, seen: expect.anything() });
    const ranOut = await ask("b", 9_000);
    expect(ranOut).toEqual({ held: false, remaining: 0, seen: expect.anything() });
    if (ranOut.held || !first.held) throw new Error("the first holds it");
    expect(await ask("a", 1_060)).toEqual(first);
    expect(await ask("b", 9_000, ranOut.seen)).toMatchObject({ held: false, seen: { token: first.token } });
    const seen = { holder: "a", token: first.token, expires: 1_160 };
    const second = await ask("b", 1_150, seen);
    expect(second.held && second.token > first.token).toBe(true);
    expect(await ask("c", 1_150, seen)).toMatchObject({ held: false, seen: { holder: "b" } });
    expect(await ask("a", 1_151)).toEqual({ held: false, remaining: 99, seen: expect.anything() });
    await storage.close();
  });

  test("a released lease is free at once, and is never granted under an earlier token", async () => {
    const storage = await open();
    const ask = (holder: string): Promise<LeaseOutcome> =>
      storage.leases.acquireLease({ name: "work", holder, now: 0, duration: 100 });
    const first = await ask("a");
    if (!first.held) throw new Error("a free lease was not given");
    await storage.leases.releaseLease({ lease: "work", token: first.token });
    await storage.leases.releaseLease({ lease: "work", token: first.token });
    const second = await ask("b");
    expect(second).toEqual({ held: true, token: first.token + 1 });
    // Sent late, as if the request was repeated.
    await storage.leases.releaseLease({ lease: "work", token: first.token });
    expect(await ask("a")).toEqual({ held: false, remaining: 100, seen: expect.anything() });
    await storage.close();
  });

  test("a client that knows that the holder is gone takes the lease over, and held leases can be listed", async () => {
    const storage = await open();
    const { leases } = storage;
    await leases.acquireLease({ name: "at/a", holder: "a", now: 0, duration: 1_000 });
    await leases.acquireLease({ name: "at/b", holder: "b", now: 0, duration: 10 });
    await leases.acquireLease({ name: "other", holder: "b", now: 0, duration: 1_000 });
    const taken = await leases.acquireLease({ name: "at/a", holder: "c", now: 5, duration: 1_000, force: true });
    expect(taken).toEqual({ held: true, token: 4 });
    expect(await leases.listLeases({ prefix: "at/", now: 9 })).toEqual(["at/a", "at/b"]);
    expect(await leases.listLeases({ prefix: "at/", now: 10 })).toEqual(["at/a"]);
    await storage.close();
  });
});

test("clients that died leave at most a thousand leases in a file", async () => {
  const { storage } = await betterSqlite3().open();
  const { leases } = storage;
  const sign = (id: number) => ({ name: `model/m.1/${id}`, holder: `${id}`, now: id, duration: 10 });
  await leases.acquireLease({ name: "consumer/lives", holder: "x", now: 0, duration: 1 });

  for (let id = 0; id < 1_200; id++) await leases.acquireLease(sign(id));

  const kept = await leases.listLeases({ prefix: "", now: 0 });
  expect(kept).toContain("consumer/lives");
  expect(kept).toContain("model/m.1/1199");
  expect(kept).toContain("model/m.1/300");
  expect(kept).not.toContain("model/m.1/100");
  await storage.close();
});

test("all storages give the same answers for any sequence of calls", async () => {
  const step = fc.record({
    kind: fc.constantFrom("acquire", "acquire", "instead", "instead", "force", "release"),
    name: fc.constantFrom("x", "y"),
    holder: fc.constantFrom("a", "b", "c"),
    wait: fc.integer({ min: 0, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const path = temporaryPath();
      const reference = (await memory().open()).storage;
      const one = (await betterSqlite3({ path, durability: "normal" }).open()).storage;
      const other = (await betterSqlite3({ path, durability: "normal" }).open()).storage;
      let now = 0;
      const tokens = new Map<string, number>();
      const seen = new Map<string, LeaseSeen>();
      for (const { kind, name, holder, wait } of steps) {
        now += wait;
        const instead = kind === "instead" ? seen.get(name) : undefined;
        const lease = {
          name,
          holder,
          now,
          duration: 50,
          ...(kind === "force" && { force: true }),
          ...(instead && { instead }),
        };
        const tell = (storage: EventStorage): Promise<unknown> =>
          kind === "release"
            ? storage.leases.releaseLease({ lease: name, token: tokens.get(name + holder) ?? 0 })
            : storage.leases.acquireLease(lease);
        const expected = await tell(reference);
        // Two connections to one file, as two processes have.
        expect(await tell(holder === "a" ? one : other)).toEqual(expected);
        const outcome = expected as LeaseOutcome | undefined;
        if (outcome?.held === true) tokens.set(name + holder, outcome.token);
        if (outcome?.held === false) seen.set(name, outcome.seen);
      }
      for (const storage of [reference, one, other]) await storage.close();
      rmSync(path);
    }),
    { seed: createRandom("leases").seed | 0, numRuns: 40 },
  );
});
