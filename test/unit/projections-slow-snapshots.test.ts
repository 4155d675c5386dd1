import { useFakeTime } from "../support/movable-time.ts";
import { memory, openEventStore, type Event } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { expect, test, vi } from "vitest";

type Counted = Event<"counted", number>;

useFakeTime(["performance"]);

test.each([
  ["exactly as long", 25, undefined],
  ["longer", 26, 2],
])("folding two events for %s as slowerThan says keeps the snapshot that it is to", async (_how, each, kept) => {
  // Changes of the wall clock have no effect.
  let wall = 1_000_000;
  const store = await openEventStore(memory(), { clock: () => (wall -= 1_000) });
  const stream = store.stream<Counted>("a");
  await stream.append([1, 2].map((data) => ({ type: "counted", data })));
  const define = (name: string) =>
    defineProjection<number, Counted>({
      name,
      initial: () => 0,
      on: {
        counted(sum, { data }) {
          vi.advanceTimersByTime(each);
          return sum + data;
        },
      },
      snapshots: { slowerThan: 50 },
    });

  await stream.load(define("loaded"));
  const live = store.project(define("live"), { stream: "a" });
  await live.caughtUp();
  live.close();

  expect((await stream.loadSnapshot("loaded"))?.version).toBe(kept);
  await vi.waitFor(async () => expect((await stream.loadSnapshot("live"))?.version).toBe(kept));
  await store.close();
});
