import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import * as fc from "fast-check";
import { isEventStoreError, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { temporaryPath } from "../support/temporary.ts";

/** What happens to a store while calls are under way, after so many of them have settled. */
const STORY = fc.record({
  calls: fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("append" as const), events: fc.integer({ min: 1, max: 5 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("large" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("read" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("pause" as const) }) },
    ),
    { minLength: 20, maxLength: 150 },
  ),
  end: fc.constantFrom("close" as const, "terminate" as const),
  afterSettled: fc.nat(120),
});

test("however a worker ends, every call settles, every acknowledged append is stored, and each append once or not at all", async () => {
  await fc.assert(
    fc.asyncProperty(STORY, async ({ calls, end, afterSettled }) => {
      const path = temporaryPath();
      const started = once(process, "worker") as Promise<[Worker]>;
      const store = await openEventStore(betterSqlite3({ path, worker: true }));
      const [worker] = await started;
      const stream = store.stream("one");
      const acknowledged = new Set<number>();
      const unknown = new Set<number>();
      let settled = 0;
      let ended: Promise<unknown> | undefined;
      const finish = (): void => void (ended ??= end === "close" ? store.close() : worker.terminate());
      const settle = (): void => void (++settled === afterSettled && finish());
      const seen: number[] = [];
      const watching = (async () => {
        for await (const { position } of store.watch()) seen.push(position);
      })().catch((error: unknown) => expect(isEventStoreError(error)).toBe(true));
      // A closed store refuses to read at once.
      const read = async (): Promise<unknown> => store.read().toArray();
      const refused =
        (n: number) =>
        (error: unknown): void => {
          if (isEventStoreError(error, "outcome-unknown")) unknown.add(n);
          else expect(error).toMatchObject({ code: expect.stringMatching(/^(worker-lost|store-closed)$/) });
        };
      const all: Promise<void>[] = [];
      let accepted = 0;

      for (const [n, call] of calls.entries()) {
        if (call.do === "pause") await new Promise(setImmediate);
        else if (call.do === "read") all.push(read().then(settle, settle));
        else {
          const events =
            call.do === "large"
              ? [{ type: "large", data: { n, text: "☂".repeat(300_000) } }]
              : Array.from({ length: call.events }, () => ({ type: "noted", data: { n } }));
          const open = ended === undefined;
          if (open && end === "close") accepted += 1;
          all.push(
            stream
              .append(events)
              .then(() => void acknowledged.add(n), refused(n))
              .then(settle),
          );
        }
      }
      finish();
      await Promise.all([ended, watching, ...all]);
      await store.close();

      // A store that closes stores what it has accepted.
      if (end === "close") expect(acknowledged.size).toBe(accepted);
      expect(seen).toEqual(seen.map((_, index) => index + 1));
      await using again = await openEventStore(betterSqlite3({ path }));
      const stored = new Map<number, number>();
      for await (const { data } of again.read()) {
        const { n } = data as { n: number };
        stored.set(n, (stored.get(n) ?? 0) + 1);
      }
      for (const [n, call] of calls.entries()) {
        const whole = call.do === "append" ? call.events : 1;
        const found = stored.get(n) ?? 0;
        if (acknowledged.has(n)) expect(found).toBe(whole);
        else if (unknown.has(n)) expect([0, whole]).toContain(found);
        else expect(found).toBe(0);
      }
    }),
    // Each run starts a thread, so a failing one is not made smaller.
    { numRuns: 12, endOnFailure: true },
  );
});
