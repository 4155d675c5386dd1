import type { EventStore } from "rivulet";
import type { LiveProjection } from "rivulet/projections";
import type { Counter, Counters } from "./counter.ts";
import type { CounterEvent } from "./events.ts";
import type { Folds } from "./folds.ts";

/** From how many events on a state is saved that the next command would have to fold. */
const WORTH_SAVING = 1_000;

/**
 * Saves the states of counters for the next command to each, if it would have to fold many events: those of an imported
 * file that has no snapshots, or of a random walk. The page has folded them already, and the decider folds in the same way.
 *
 * It only saves time, so it never fails: where a state cannot be saved, the next command folds the events.
 */
export async function saveFolded(
  store: EventStore,
  counters: LiveProjection<Counters>,
  { decider }: Folds,
): Promise<void> {
  const state = await counters.caughtUp().then(
    (newest) => newest.state,
    () => ({}),
  );
  for (const [stream, counter] of Object.entries(state)) {
    // One that fails keeps no other from being saved.
    if (counter.version >= WORTH_SAVING) await saveOne(store, stream, counter, decider).catch(() => undefined);
  }
}

async function saveOne(store: EventStore, stream: string, state: Counter, decider: Folds["decider"]): Promise<void> {
  const { version } = state;
  const counter = store.stream<CounterEvent>(stream);
  // One that cannot be read is as good as none; the next command finds the new one.
  const saved = await counter.loadSnapshot(decider).catch(() => undefined);
  if (version - (saved?.version ?? 0) < WORTH_SAVING) return;
  await counter.saveSnapshot({ projection: decider, version, state });
}
