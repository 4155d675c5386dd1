import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { afterEach, expect, test, vi } from "vitest";
import { scriptPath } from "../support/child.ts";
import { runNode } from "../support/run-node.ts";

const ADAPTERS = ["memory", "inline", "worker"];
const WHENS = ["before", "after", "opened"];

test.each(WHENS.flatMap((when) => ADAPTERS.map((adapter) => [when, adapter] as const)))(
  "fake timers, microtasks and clocks from %s on stop nothing: %s",
  async (when, adapter) => {
    const printed = JSON.parse(await runNode(scriptPath("under-fake-timers"), [when, adapter])) as unknown[];

    expect(printed).toEqual([40, 40, 41, true, 41, ...(adapter === "memory" ? [] : [41])]);
  },
);

afterEach(() => void vi.useRealTimers());

test("an application's test may fake all timers, and its events have the time that it sets", async () => {
  const store = await openEventStore(betterSqlite3());
  vi.useFakeTimers({ now: 5_000 });

  await store.stream("a").append({ type: "counted" });
  vi.setSystemTime(7_000);
  await store.stream("a").append({ type: "counted" });

  expect((await store.read().toArray()).map(({ timestamp }) => timestamp)).toEqual([5_000, 7_000]);
  await store.close();
});
