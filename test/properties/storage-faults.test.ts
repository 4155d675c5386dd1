import * as fc from "fast-check";
import { isEventStoreError, openEventStore, type AppendResult, type StoredEvent } from "rivulet";
import { sequentialIds } from "rivulet/testing";
import { expect, test } from "vitest";
import { faultySqlite, POISON, problemsOf, type Fault } from "../support/faulty-sqlite.ts";
import { temporaryFolder } from "../support/temporary.ts";

interface Plan {
  readonly stream: string;
  readonly count: number;
  /** Whether its events have given ids, so that it may be a retry. */
  readonly named: boolean;
  readonly poisoned: boolean;
  readonly stale: boolean;
}

const CODES = ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_NOMEM", "SQLITE_BUSY"] as const;

const plan: fc.Arbitrary<Plan> = fc.record({
  stream: fc.constantFrom("a", "b", "c"),
  count: fc.integer({ min: 1, max: 3 }),
  named: fc.boolean(),
  poisoned: fc.nat(5).map((n) => n === 0),
  stale: fc.nat(5).map((n) => n === 0),
});

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    at: fc.constantFrom("BEGIN" as const, "INSERT INTO events" as const, "COMMIT" as const),
    skip: fc.nat(4),
    code: fc.constantFrom(...CODES),
    rollsBack: fc.boolean(),
    afterwards: fc.constant(false),
  }),
  fc.record({
    at: fc.constant("COMMIT" as const),
    skip: fc.nat(4),
    code: fc.constantFrom("SQLITE_IOERR_FSYNC", "SQLITE_FULL"),
    rollsBack: fc.boolean(),
    afterwards: fc.constant(true),
  }),
);

const rounds = fc.array(
  fc.record({
    plans: fc.array(plan, { minLength: 1, maxLength: 5 }),
    fault: fc.option(fault, { nil: undefined }),
    poisonous: fc.record({ code: fc.constantFrom("SQLITE_FULL", "SQLITE_TOOBIG"), rollsBack: fc.boolean() }),
    reopens: fc.nat(4).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 8 },
);

test("with any storage fault no acknowledged event is lost, no append is partial, and only the faulty call fails", async () => {
  const folder = temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(rounds, async (story) => {
      const adapter = faultySqlite(`${folder}/${++run}.db`);
      const newId = sequentialIds();
      const ownId = sequentialIds("own-");
      const tag = sequentialIds("tag-");
      const acknowledged: StoredEvent[] = [];
      const seen: StoredEvent[] = [];
      let store = await openEventStore(adapter, { newId });
      let watching = watch();

      for (const { plans, fault: armed, poisonous, reopens } of story) {
        adapter.poisonous = poisonous;
        const strikesBefore = adapter.strikes;
        if (armed !== undefined) adapter.arm(armed);
        const attempts = plans.map(({ stream, count, named, poisoned, stale }, index) => {
          const events = Array.from({ length: count }, (_, place) => ({
            type: "t",
            metadata: { tag: tag() },
            data: poisoned && place === count - 1 ? POISON : place,
            ...(named && { id: ownId() }),
          }));
          const calling = store.stream(stream).append(events, { expectedVersion: stale ? 1_000 : "any" });
          return { index, events, calling };
        });
        const settled = await Promise.allSettled(attempts.map(({ calling }) => calling));
        adapter.disarm();
        const struck = adapter.strikes > strikesBefore;

        const stored = await store.read().toArray();
        const tags = new Map(stored.map((event) => [event.metadata["tag"], event]));
        for (const { index, events } of attempts) {
          const { poisoned, stale } = plans[index] as Plan;
          const outcome = settled[index] as PromiseSettledResult<AppendResult>;
          const there = events.filter(({ metadata }) => tags.has(metadata.tag)).length;
          expect([0, events.length]).toContain(there);
          if (outcome.status === "fulfilled") {
            expect({ poisoned, stale }).toEqual({ poisoned: false, stale: false });
            expect(stored).toEqual(expect.arrayContaining([...outcome.value.events]));
            expect(there).toBe(events.length);
            acknowledged.push(...outcome.value.events);
            continue;
          }
          expect(isEventStoreError(outcome.reason)).toBe(true);
          if (stale && !struck) expect(outcome.reason).toMatchObject({ code: "version-conflict" });
          else if (!poisoned && !stale) expect(armed).toBeDefined();
          // After a failure nothing is written, unless the answer to the commit was lost.
          if (armed?.afterwards !== true) expect(there).toBe(0);
        }
        expect(await problemsOf(store)).toEqual([]);
        expect(stored).toEqual(expect.arrayContaining(acknowledged));
        if (reopens) {
          await store.close();
          await expect(watching).rejects.toMatchObject({ code: "store-closed" });
          store = await openEventStore(adapter, { newId });
          expect(await store.read().toArray()).toEqual(stored);
          watching = watch();
        }
      }

      await store.stream("a").append({ type: "last" });
      await watching;
      expect(seen).toEqual(await store.read().toArray());
      await store.close();

      async function watch(): Promise<void> {
        const events = store.watch({ after: seen.length });
        for await (const event of events) {
          seen.push(event);
          if (event.type === "last") return;
        }
      }
    }),
    { numRuns: 100 },
  );
});

const batch: fc.Arbitrary<Plan[]> = fc.array(plan, { minLength: 2, maxLength: 6 });

test("in a batch only the faulty requests fail, whether SQLite rolls the transaction back by itself or not", async () => {
  await fc.assert(
    fc.asyncProperty(batch, fc.boolean(), async (plans, rollsBack) => {
      const adapter = faultySqlite(undefined);
      adapter.poisonous = { code: "SQLITE_FULL", rollsBack };
      const store = await openEventStore(adapter);
      const ownId = sequentialIds("own-");
      const settled = await Promise.allSettled(
        plans.map(({ stream, count, named, poisoned, stale }) =>
          store.stream(stream).append(
            Array.from({ length: count }, (_, place) => ({
              type: "t",
              data: poisoned && place === count - 1 ? POISON : place,
              ...(named && { id: ownId() }),
            })),
            { expectedVersion: stale ? 1_000 : "any" },
          ),
        ),
      );
      const outcomes = settled.map((one) =>
        one.status === "fulfilled" ? "stored" : (one.reason as { code: string }).code,
      );
      expect(outcomes).toEqual(
        plans.map(({ poisoned, stale }) => (stale ? "version-conflict" : poisoned ? "storage-full" : "stored")),
      );
      const stored = plans.filter(({ poisoned, stale }) => !poisoned && !stale);
      expect(await store.head()).toBe(stored.reduce((sum, { count }) => sum + count, 0));
      // Stored appends are in the order of the calls.
      const read = await store.read().toArray();
      const positions = settled.flatMap((one) => (one.status === "fulfilled" ? one.value.events : []));
      expect(positions).toEqual(read);
      expect(await problemsOf(store)).toEqual([]);
      await store.close();
    }),
    { numRuns: 200 },
  );
});

test("an append whose commit succeeded but whose answer was lost is found, reported as stored, and stored once", async () => {
  for (const rollsBack of [false, true]) {
    const adapter = faultySqlite(undefined);
    const store = await openEventStore(adapter);
    const lost: Fault = { at: "COMMIT", skip: 0, code: "SQLITE_IOERR_FSYNC", rollsBack, afterwards: true };
    adapter.arm(lost);
    const events = [
      { type: "t", id: "one" },
      { type: "t", id: "two" },
    ];
    const watcher = store.watch();
    expect(await store.stream("a").append(events, { expectedVersion: 0 })).toMatchObject({ version: 2 });
    expect((await watcher.next()).value).toMatchObject({ id: "one" });
    const again = await store.stream("a").append(events, { expectedVersion: 0 });
    expect(again).toMatchObject({ version: 2, deduplicated: 2 });
    expect(await store.head()).toBe(2);
    await store.close();
  }
});

test("so is one with ids from the application's newId, but ids that an earlier process has used are replaced", async () => {
  for (const rollsBack of [false, true]) {
    const adapter = faultySqlite(undefined);
    const ids = ["one", "two", "one", "two", "three", "four", "five", "six"];
    const store = await openEventStore(adapter, { newId: () => ids.shift() as string, clock: () => 1_000 });
    const events = [{ type: "t" }, { type: "t" }];
    await store.stream("a").append(events);
    adapter.arm({ at: "COMMIT", skip: 1, code: "SQLITE_IOERR_FSYNC", rollsBack, afterwards: true });
    // The first commit is that of an attempt that finds the ids known, and writes nothing.
    const second = await store.stream("a").append(events);
    adapter.arm({ at: "COMMIT", skip: 0, code: "SQLITE_IOERR_FSYNC", rollsBack, afterwards: true });
    const third = await store.stream("a").append(events);
    expect([second.version, third.version]).toEqual([4, 6]);
    const stored = await store.read().toArray();
    expect(stored.map(({ id }) => id)).toEqual(["one", "two", "three", "four", "five", "six"]);
    await store.close();
  }
});
