import { compare } from "../harness.ts";
import { comparisonRow, type Row } from "../row.ts";
import { appendBatches, appendTogether, openStore, startBench } from "./setting.ts";
import { answerOtherTabs, measureOverhead, tripsToOtherTab } from "./trips.ts";
import { measureOtherWatcher } from "./watching.ts";
import { writeOneByOne } from "./own-tab.ts";

const NAME = "tabs";
const TABS = 10;

const ECHO = "bench echo";
const CROWD = "bench crowd";
const NOTES = "bench notes";

/** The messages from the measuring tab to the others. */
type Order =
  /** To all: append this many at once. */
  | { readonly together: number }
  /** To the tab with this number: report the events that you see. */
  | { readonly watch: number }
  | { readonly done: number };

/** Makes this page one of the tabs beside the one that measures: the first, numbered 0, is the leader. */
export async function joinTabs(tab: number): Promise<void> {
  const store = await openStore(NAME);
  if (tab === 0) {
    await appendBatches(store, 20);
    const bench = startBench();
    await bench.call("openStore", "answering");
    await answerOtherTabs(bench, ECHO);
  }
  const crowd = new BroadcastChannel(CROWD);
  crowd.addEventListener("message", ({ data }: MessageEvent<Order>) => {
    if ("together" in data)
      void appendTogether(store, data.together).then(() => crowd.postMessage({ done: tab } satisfies Order));
    if ("watch" in data && data.watch === tab) void noteEvents();
  });

  /** Reports on a channel that it watches, and then each event. */
  async function noteEvents(): Promise<void> {
    const notes = new BroadcastChannel(NOTES);
    const watcher = store.stream("watched").watch({ onCaughtUp: () => notes.postMessage("watching") });
    for await (const event of watcher) notes.postMessage(event.position);
  }
}

/** This tab is a follower: the leader's tab and another follower's are open. */
export async function benchFollower(): Promise<Row[]> {
  const bench = startBench();
  await bench.call("open", "follower");
  const store = await openStore(NAME);
  const trips = tripsToOtherTab(ECHO);
  const rows: Row[] = [];
  for await (const row of measureOverhead("one awaited append, from a follower's tab", store, bench, trips)) {
    rows.push(row);
  }
  const crowd = new BroadcastChannel(CROWD);
  const startWatching = (): void => crowd.postMessage({ watch: 1 } satisfies Order);
  rows.push(await measureOtherWatcher(store, NOTES, startWatching, trips.idle));
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
  const crowd = new BroadcastChannel(CROWD);
  let missing = TABS - 1;
  const others = new Promise<void>((resolve) => {
    crowd.addEventListener("message", () => {
      if (--missing === 0) resolve();
    });
  });
  crowd.postMessage({ together: 1_000 / TABS } satisfies Order);
  const count = await here();
  await others;
  crowd.close();
  return count * TABS;
}
