import type { EventStore, StoredEvent } from "rivulet";
import { appendMany } from "./append-many.ts";
import { Refusal, streamOf, type Command } from "./commands.ts";
import { provokeConflict } from "./conflict.ts";
import { PREFIX, type CounterEvent } from "./events.ts";
import { foldsOf, type Folds } from "./folds.ts";
import { openReadSide, type ServiceOptions } from "./read-side.ts";
import { saveFolded } from "./save-folded.ts";
import type { CounterService, OnDecided } from "./service.ts";

/** Opens the counters over any store: the same code in a browser, in Node and on PostgreSQL. */
export async function openCounterService(
  store: EventStore,
  { folds = foldsOf(), ...options }: ServiceOptions = {},
): Promise<CounterService> {
  const { model, facts, ...readSide } = await openReadSide(store, { ...options, folds });
  await openFirst(store);
  const counters = store.project(folds.counters, { streamPrefix: PREFIX });
  // The first build of the tables takes longer than loading the counters; without them the page would show only half of
  // its content.
  await Promise.all([counters.caughtUp(), model.caughtUp()]);
  await saveFolded(store, counters, folds);

  async function refuseAllButCounters(stream: string): Promise<void> {
    await counters.caughtUp();
    if (counters.state[stream]?.open !== true) throw new Refusal("There is no such counter.");
  }

  return {
    ...readSide,
    counters,
    run: (command, tab, onDecided) => run(store, folds, command, tab, onDecided),
    async appendMany(stream, count, sender, call) {
      await refuseAllButCounters(stream);
      try {
        await appendMany(store, stream, count, sender, call);
      } finally {
        // What is appended before an abort stays, too.
        await saveFolded(store, counters, folds);
      }
    },
    async conflict(stream, sender, { onWritten, signal } = {}) {
      await refuseAllButCounters(stream);
      signal?.throwIfAborted();
      return provokeConflict(store, stream, sender, onWritten);
    },
    facts: () => facts(Object.keys(counters.state)),
    close: () => store.close(),
  };
}

async function run(
  store: EventStore,
  { decider }: Folds,
  command: Command,
  tab: string,
  onDecided?: OnDecided,
): Promise<string> {
  const counter = store.stream<CounterEvent>(streamOf(command));
  const { events } = await counter.execute(decider, command, { metadata: { tab } });
  for (const event of events) onDecided?.(event);
  // Every command that is not refused writes an event.
  return (events[0] as StoredEvent).id;
}

/**
 * Adds a first counter to an empty store. Its event has a fixed id, so two tabs that do this at once add one counter.
 */
async function openFirst(store: EventStore): Promise<void> {
  if ((await store.head()) > 0) return;
  const label = "Cups of coffee";
  await store
    .stream<CounterEvent>(streamOf({ type: "open", label }))
    .append({ type: "opened", id: "first-counter", data: { label } });
}
