import { comparisonRow, type Row } from "../row.ts";
import { startBench } from "./setting.ts";

/** The store in the thread of SQLite, beside the same by hand, without messages. */
export async function benchInWorker(): Promise<Row[]> {
  const bench = startBench();
  await bench.call("open", "in-worker");
  await bench.call("openStore", "in-worker");
  const rows = [...(await bench.call("compareAppends")), await bench.call("compareBatches")].map(comparisonRow);
  bench.terminate();
  return rows;
}
