/** What traces must not change: events without a provider, and what is refused. */
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { traced } from "rivulet/opentelemetry";
import { expect, onTestFinished, test } from "vitest";
import { openHandles, VERBS } from "../support/verb-table.ts";

test("without a provider events are stored as they are", async () => {
  const opened = await openEventStore(betterSqlite3());
  const store = traced(opened);
  onTestFinished(() => store.close());
  await store.stream("counter-1").append({ type: "counted", data: { by: 1 } });

  expect((await store.read().toArray()).map(({ metadata }) => metadata)).toEqual([{}]);
});

test("a traced store refuses what a store refuses, with the same errors", async () => {
  const plain = await openHandles();
  const tracer = new BasicTracerProvider().getTracer("test");
  const meter = new MeterProvider().getMeter("test");
  const wrapped = await openHandles((store) => traced(store, { tracer, meter }));
  onTestFinished(async () => {
    await plain.store.close();
    await wrapped.store.close();
  });
  const told = async (handles: typeof plain, call: (given: typeof plain) => unknown): Promise<unknown> => {
    try {
      const result = call(handles);
      if (typeof (result as PromiseLike<unknown> | undefined)?.then !== "function") return "goes well";
      return await (result as Promise<unknown>).then(
        () => "resolves",
        (error) => `rejects: ${String(error)}`,
      );
    } catch (error) {
      return `throws: ${String(error)}`;
    }
  };
  let compared = 0;
  for (const [name, verb] of Object.entries(VERBS).filter(([key]) => /^(?:store|stream)\.(?!close)/.test(key))) {
    for (const argument of Object.keys(verb.good)) {
      for (const wrong of [undefined, null, 7, "text", [], {}, { x: 1 }, [null], () => undefined]) {
        const args = Object.entries(verb.good).map(([key, good]) => (key === argument ? wrong : good));
        const call = (handles: typeof plain): unknown => verb.call(handles, ...(args as never[]));
        const expected = await told(plain, call);
        // A call that goes well leaves something behind, such as a consumer of this name.
        if (!/^(?:throws|rejects)(?!.* already)/.test(String(expected))) continue;
        compared += 1;
        expect([name, argument, wrong, await told(wrapped, call)]).toEqual([name, argument, wrong, expected]);
      }
    }
  }
  expect(compared).toBeGreaterThan(100);
});
