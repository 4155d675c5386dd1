import { isEventStoreError, type EventStore } from "rivulet";
import { counterDecider } from "./counter-decider.ts";
import type { Counters } from "./counter.ts";
import type { CounterEvent } from "./events.ts";

/** From how many events on a state is saved that the next command would have to fold. */
const WORTH_SAVING = 1_000;

/**
 * Saves the states of counters for the next command to each, if it would have to fold many events: those of an imported
 * file that has no snapshots, or of a random walk. The page has folded them already, and the decider folds in the same way.
 */
export async function saveFolded(store: EventStore, counters: Counters): Promise<void> {
  for (const [stream, state] of Object.entries(counters)) {
    const { version } = state;
    if (version < WORTH_SAVING) continue;
    const counter = store.stream<CounterEvent>(stream);
    const saved = await counter.loadSnapshot(counterDecider);
    if (version - (saved?.version ?? 0) < WORTH_SAVING) continue;
    try {
      await counter.saveSnapshot({ projection: counterDecider, version, state });
    } catch (error) {
      // It only saves time: where there is no room for it, the next command folds the events.
      if (!isEventStoreError(error, "storage-full") && !isEventStoreError(error, "storage-busy")) throw error;
    }
  }
}
