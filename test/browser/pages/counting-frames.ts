/** Tabs of an application, each in a frame, whose operations are counted. Posts what each operation cost. */
import type { Counts } from "./counting.ts";
import type { tab } from "./tabs.ts";

/** What the operations cost, and what they cost where every tab watches. */
export interface Costs {
  readonly operations: readonly Cost[];
  readonly watched: readonly WatchedCost[];
}

/** What an operation cost in two tabs together. */
export interface Cost extends Counts {
  readonly operation: string;
  /** The tab that called it. */
  readonly by: string;
}

/** What an operation cost until each of three tabs, which all watch, had its events. */
export interface WatchedCost extends Pick<Counts, "flushes"> {
  readonly operation: string;
  /** The tab that called it. */
  readonly by: string;
  /** The messages of each tab. */
  readonly asked: Readonly<Record<string, readonly string[]>>;
  /** The messages of the leader's worker, in the order of their words. */
  readonly said: readonly string[];
}

type Operation = (by: typeof tab) => Promise<unknown>;

const operations: Readonly<Record<string, Operation>> = {
  "a read of one page": (by) => by.read(),
  "one append": (by) => by.append("counted", 0, 1),
  "200 appends in one turn": (by) => by.appendTogether("together", 0, 200),
  "one append of 1,000 events": (by) => by.appendAtOnce("thousand", 0, 1_000),
};

const watched: Readonly<Record<string, readonly [events: number, run: Operation]>> = {
  "20 appends": [20, (by) => by.append("watched", 0, 20)],
  "one append of 100 events": [100, (by) => by.appendAtOnce("watched", 0, 100)],
  "one append of 1,000 events": [1_000, (by) => by.appendAtOnce("watched", 0, 1_000)],
};

async function openFrame(name: string, watch: boolean): Promise<Window> {
  const frame = document.createElement("iframe");
  frame.src = "./counting.html";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  const page = frame.contentWindow as Window;
  await page.counting.open(name, watch);
  return page;
}

async function countOperations(): Promise<readonly Cost[]> {
  const leader = await openFrame("counted", false);
  const follower = await openFrame("counted", false);
  // The first append of a stream writes more.
  await leader.tab.append("counted", 0, 5);
  const costs: Cost[] = [];
  for (const [operation, run] of Object.entries(operations)) {
    for (const [by, page] of Object.entries({ leader, follower })) {
      await leader.counting.take();
      await follower.counting.take();
      await run(page.tab);
      const [worked, waited] = [await leader.counting.take(), await follower.counting.take()];
      costs.push({
        operation,
        by,
        asked: [...worked.asked, ...waited.asked],
        said: [...worked.said, ...waited.said],
        flushes: worked.flushes + waited.flushes,
        written: worked.written + waited.written,
      });
    }
  }
  return costs;
}

async function countWatched(): Promise<readonly WatchedCost[]> {
  const leader = await openFrame("watched", true);
  const pages = { leader, follower: await openFrame("watched", true), bystander: await openFrame("watched", true) };
  const costs: WatchedCost[] = [];
  let seen = 5;
  await leader.tab.append("watched", 0, seen);
  for (const [operation, [events, run]] of Object.entries(watched)) {
    for (const by of ["leader", "follower"] as const) {
      await seeAll(Object.values(pages), seen);
      for (const page of Object.values(pages)) await page.counting.take();
      await run(pages[by].tab);
      seen += events;
      await seeAll(Object.values(pages), seen);
      const asked: Record<string, readonly string[]> = {};
      for (const name of ["follower", "bystander"] as const)
        ({ asked: asked[name] } = await pages[name].counting.take());
      const worked = await leader.counting.take();
      asked["leader"] = worked.asked;
      costs.push({ operation, by, asked, said: [...worked.said].sort(), flushes: worked.flushes });
    }
  }
  return costs;
}

/** Waits until the watcher of each tab has seen so many events. */
async function seeAll(pages: readonly Window[], count: number): Promise<void> {
  while (pages.some(({ tab: { seenCount } }) => seenCount() < count)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const costs: Costs = { operations: await countOperations(), watched: await countWatched() };
await fetch("/costs", { method: "POST", body: JSON.stringify(costs) });
