import * as fc from "fast-check";
import { openEventStore, type AppendResult } from "rivulet";
import { expect, test } from "vitest";
import { gatedMemory } from "../support/gated-adapter.ts";

const actions = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("append" as const), stream: fc.constantFrom("a", "b") }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("abort" as const), pick: fc.nat() }) },
  ),
  { minLength: 1, maxLength: 50 },
);

/** Waits until everything that needs no gate has happened. */
const turn = (): Promise<void> => new Promise(setImmediate);

test("appends commit in the order of the calls, one batch at a time, however long the storage takes and whatever is aborted", async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (script) => {
      const adapter = gatedMemory();
      const store = await openEventStore(adapter);
      const calls: { n: number; controller: AbortController; settled: Promise<AppendResult | "withdrawn"> }[] = [];
      const reached = new Set<number>();
      const withdrawn = new Set<number>();

      const note = (): void => {
        // Never two batches at once: the second could overtake the first.
        expect(adapter.held.length).toBeLessThanOrEqual(1);
        for (const { requests } of adapter.held) {
          for (const { entries } of requests) reached.add(Number(entries[0]?.events[0]?.data));
        }
      };
      const release = async (): Promise<void> => {
        await turn();
        note();
        await adapter.held.shift()?.release();
        await turn();
        note();
      };

      for (const action of script) {
        if (action.do === "append") {
          const controller = new AbortController();
          const n = calls.length;
          const { signal } = controller;
          const settled = store
            .stream(action.stream)
            .append({ type: "t", data: n }, { signal })
            .catch((error: unknown) => {
              expect(error).toBe(signal.reason);
              return "withdrawn" as const;
            });
          calls.push({ n, controller, settled });
        } else if (action.do === "turn") {
          await turn();
          note();
        } else if (action.do === "release") await release();
        else {
          const picked = calls[action.pick % Math.max(1, calls.length)];
          if (picked !== undefined && !reached.has(picked.n)) withdrawn.add(picked.n);
          picked?.controller.abort("withdrawn");
        }
      }
      do await release();
      while (adapter.held.length > 0);

      const outcomes = await Promise.all(calls.map(({ settled }) => settled));
      const read = await store.read().toArray();
      const numbers = read.map(({ data }) => data as number);
      expect(numbers).toEqual(calls.map(({ n }) => n).filter((n) => !withdrawn.has(n)));
      for (const [n, outcome] of outcomes.entries()) {
        if (outcome !== "withdrawn") expect(outcome.position).toBe(numbers.indexOf(n) + 1);
      }
      await store.close();
    }),
    { numRuns: 150 },
  );
});

test("appends that arrive while a batch is being committed form the next batch", async () => {
  const adapter = gatedMemory();
  const store = await openEventStore(adapter);
  const first = store.stream("a").append({ type: "t", data: 0 });
  await turn();
  const others = [1, 2, 3].map((n) => store.stream("a").append({ type: "t", data: n }));
  await turn();
  expect(adapter.held.map(({ requests }) => requests.length)).toEqual([1]);
  await adapter.held.shift()?.release();
  await first;
  await turn();
  expect(adapter.held.map(({ requests }) => requests.length)).toEqual([3]);
  const closing = store.close();
  await adapter.held.shift()?.release();
  expect((await Promise.all(others)).map(({ position }) => position)).toEqual([2, 3, 4]);
  await closing;
});
