import { compare } from "../harness.ts";
import { durationRow, type Row } from "../row.ts";
import type { BareCalls } from "./bare-worker.ts";
import type { Caller } from "./calls.ts";
import { appendBatches, openStore, settled, startBare, type TabStore } from "./setting.ts";

/** Opening a closed store: a worker, WebAssembly, the pool and the database. */
export async function benchOpening(): Promise<Row[]> {
  let store: TabStore | undefined = await openStore("opened");
  await appendBatches(store, 1);
  let bare: Caller<BareCalls> | undefined = startBare();
  await bare.call("open", "opened");
  await bare.call("write", 1_000);

  const closeBoth = async (): Promise<void> => {
    await store?.close();
    await bare?.call("close");
    bare?.terminate();
    store = bare = undefined;
    // A terminated worker needs a moment to end, which must not count in the next measurement.
    await settled(100);
  };
  const ours = async (): Promise<number> => {
    store = await openStore("opened");
    return 1;
  };
  const theirs = async (): Promise<number> => {
    bare = startBare();
    if ((await bare.call("open", "opened")) < 1_000) throw new Error("the bare database should have its events");
    return 1;
  };
  const opening = await compare(
    "opening a store of 1,000 events, worker and WebAssembly included",
    { prepare: closeBoth, run: ours },
    { prepare: closeBoth, run: theirs },
    { against: "the bare library, pool and database", blocks: 40 },
  );
  await closeBoth();
  return [durationRow(opening, 1.2)];
}
