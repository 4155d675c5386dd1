import { join } from "node:path";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { traced } from "rivulet/opentelemetry";
import { compare, type Work } from "./harness.ts";
import { PAYLOADS } from "./payload.ts";
import { comparisonRow, type Row } from "./row.ts";

/** Appends, one after the other, in a run. */
const APPENDS = 200;

/** What traces cost: nothing where the store is not wrapped, and this where it is. */
export async function* benchTraces(folder: string): AsyncGenerator<Row> {
  const provider = new BasicTracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({ export: (_spans, done) => done({ code: 0 }), shutdown: () => Promise.resolve() }),
    ],
  });
  const store = await openEventStore(betterSqlite3({ path: join(folder, "traces.db"), durability: "normal" }));
  const appends = (name: string, to: EventStore): Work => {
    const stream = to.stream(name);
    return {
      async run() {
        for (let index = 0; index < APPENDS; index++) {
          await stream.append({ type: "happened", data: PAYLOADS[index % 1000] });
        }
        return APPENDS;
      },
    };
  };
  const plain = appends("plain", store);
  const silent = appends("silent", traced(store));
  const recorded = appends("recorded", traced(store, { tracer: provider.getTracer("bench") }));
  const against = "the store itself";
  yield comparisonRow(await compare("single appends, normal, through `traced`", silent, plain, { against }));
  yield comparisonRow(await compare("the same with a recorded span for each", recorded, plain, { against }));
  await store.close();
}
