/** Two tabs of an application, each in a frame, whose operations are counted. Posts what each operation cost. */
import type { Counts } from "./counting.ts";
import type { tab } from "./tabs.ts";

/** What an operation cost in both tabs together. */
export interface Cost extends Counts {
  readonly operation: string;
  /** The tab that called it. */
  readonly by: string;
}

const operations: Readonly<Record<string, (by: typeof tab) => Promise<unknown>>> = {
  "a read of one page": (by) => by.read(),
  "one append": (by) => by.append("counted", 0, 1),
  "200 appends in one turn": (by) => by.appendTogether("together", 0, 200),
  "one append of 1,000 events": (by) => by.appendAtOnce("thousand", 0, 1_000),
};

async function openFrame(): Promise<Window> {
  const frame = document.createElement("iframe");
  frame.src = "./counting.html";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  const page = frame.contentWindow as Window;
  await page.counting.open("counted", false);
  return page;
}

const leader = await openFrame();
const follower = await openFrame();
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
await fetch("/costs", { method: "POST", body: JSON.stringify(costs) });
