import { compare } from "../harness.ts";
import { comparisonRow, type Row } from "../row.ts";
import { appendBatches, appendTogether, openStore, startBench } from "./setting.ts";
import { measureOverhead, tripsToOtherTab } from "./trips.ts";
import { measureOtherWatcher } from "./watching.ts";
import { writeOneByOne } from "./own-tab.ts";

const NAME = "tabs";
const TABS = 10;

const echoOf = (tab: number): string => `bench echo ${tab}`;
const notesOf = (tab: number): string => `bench notes ${tab}`;

/** Makes this page one of the tabs beside the one that measures: the first, numbered 0, is the leader. */
export async function joinTabs(tab: number): Promise<void> {
  const store = await openStore(NAME);
  if (tab === 0) {
    await appendBatches(store, 20);
    await startBench().call("echoChannel", echoOf(tab));
  }
  if (tab === 1) void noteEvents();
  const crowd = new BroadcastChannel("bench crowd");
  crowd.addEventListener("message", ({ data }: MessageEvent<{ readonly together?: number }>) => {
    if (data.together !== undefined)
      void appendTogether(store, data.together).then(() => crowd.postMessage({ done: tab }));
  });

  async function noteEvents(): Promise<void> {
    const notes = new BroadcastChannel(notesOf(tab));
    for await (const event of store.stream("watched").watch({ after: "head" })) notes.postMessage(event.position);
  }
}

/** This tab is a follower: the leader's tab and another follower's are open. */
export async function benchFollower(): Promise<Row[]> {
  const bench = startBench();
  await bench.call("open", "follower");
  const store = await openStore(NAME);
  const trip = tripsToOtherTab(echoOf(0));
  const rows = [
    await measureOverhead("one awaited append, from a follower's tab", store, bench, trip),
    await measureOtherWatcher(store, notesOf(1), trip),
  ];
  await store.close();
  bench.terminate();
  return rows;
}

/** Nine other tabs are open. */
export async function benchCrowd(): Promise<Row[]> {
  const bench = startBench();
  await bench.call("open", "crowd");
  const store = await openStore(NAME);
  const row = await compare(
    "1,000 concurrent appends, over ten tabs",
    { run: () => appendInAllTabs(() => appendTogether(store, 1_000 / TABS)) },
    { run: () => writeOneByOne(bench) },
    { against: "raw oo1 in a worker, one at a time", goal: 5 },
  );
  await store.close();
  bench.terminate();
  return [comparisonRow(row)];
}

async function appendInAllTabs(here: () => Promise<number>): Promise<number> {
  const crowd = new BroadcastChannel("bench crowd");
  let missing = TABS - 1;
  const others = new Promise<void>((resolve) => {
    crowd.addEventListener("message", () => {
      if (--missing === 0) resolve();
    });
  });
  crowd.postMessage({ together: 1_000 / TABS });
  const count = await here();
  await others;
  crowd.close();
  return count * TABS;
}
