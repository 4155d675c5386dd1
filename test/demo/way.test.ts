import type { StoredEvent } from "rivulet";
import { expect, onTestFinished, test } from "vitest";
import type { Counters } from "../../demo/counter/counter.ts";
import type { OnDecided } from "../../demo/counter/service.ts";
import { recordWays, type WayRecorder } from "../../demo/page/session/way.ts";
import { formatDuration } from "../../demo/page/ui/format.ts";

const STREAM = "counter-laps";

/** A tab whose counters are at a position, and can be moved on. */
function openTab(name: string, at: number): WayRecorder & { moveTo(position: number): void } {
  let position = at;
  const listeners = new Set<() => void>();
  const counters = {
    state: {} as Counters,
    error: undefined,
    get position() {
      return position;
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const recorder = recordWays({ counters }, name, "test of ways");
  onTestFinished(recorder.close);
  return {
    ...recorder,
    moveTo(next) {
      position = next;
      for (const listener of listeners) listener();
    },
  };
}

function press(tab: WayRecorder, position: number): Promise<void> {
  return tab.follow({ type: "add", stream: STREAM, by: 1 }, async (onDecided: OnDecided) => {
    onDecided({ stream: STREAM, position } as StoredEvent);
  });
}

test("an event was told to the tabs that were open, and not to one that is opened later and reads it in its history", async () => {
  const [one, other] = [openTab("one", 7), openTab("other", 7)];
  await press(one, 8);
  other.moveTo(8);
  await expect.poll(() => [...(one.way.value?.told.keys() ?? [])]).toEqual(["other"]);

  const later = openTab("later", 8);
  later.moveTo(9);
  // What is sent after it arrives after it.
  openTab("last", 7).moveTo(9);

  await expect.poll(() => one.way.value?.told.has("last")).toBe(true);
  expect([...(one.way.value?.told.keys() ?? [])]).toEqual(["other", "last"]);
});

test("the duration of a step is in milliseconds, and in seconds where it is long", () => {
  expect([0.04, 23.46, 945.3, 27_663.4].map(formatDuration)).toEqual(["0.0 ms", "23.5 ms", "945 ms", "27.7 s"]);
});
