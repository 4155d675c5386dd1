import { isEventStoreError, type EventStore } from "rivulet";
import { sql } from "rivulet/read-models";
import { appendMany } from "./append-many.ts";
import { decide, streamOf, type Command } from "./commands.ts";
import { provokeConflict } from "./conflict.ts";
import { NO_COUNTER } from "./counter.ts";
import { PREFIX, type CounterEvent } from "./events.ts";
import { countLog, readLog } from "./log.ts";
import { overview, totals } from "./overview.ts";
import { allCounters, oneCounter } from "./projections.ts";
import { readSeries } from "./series.ts";
import type { CounterService, Facts, Progress, Ranked } from "./service.ts";

export interface ServiceOptions {
  /** Called while the read model catches up with the events. */
  readonly onBuild?: ((progress: Progress) => void) | undefined;
}

/** The counters over any store: the same code in a browser and in Node. */
export async function openCounterService(store: EventStore, { onBuild }: ServiceOptions = {}): Promise<CounterService> {
  const rebuilding = new Set<(progress: Progress) => void>();
  const model = await store.readModel(overview, {
    onProgress(progress) {
      onBuild?.(progress);
      for (const listener of rebuilding) listener(progress);
    },
  });
  await openFirst(store);
  const counters = store.project(allCounters, { streamPrefix: PREFIX });
  const ranking = model.live<Ranked>(
    sql`SELECT stream, label, value, events, changed,
               rank() OVER (ORDER BY value DESC) AS byValue, rank() OVER (ORDER BY events DESC) AS byActivity
        FROM ${totals} WHERE present = 1 ORDER BY byValue, label`,
  );
  await counters.caughtUp();

  return {
    counters,
    ranking,
    run: (command, tab) => run(store, command, tab),
    countersAt: async (position) => (await store.at(position).load(allCounters, { streamPrefix: PREFIX })).state,
    log: (query) => readLog(store, model, query),
    logSize: (filter) => countLog(store, model, filter),
    series: (stream) => readSeries(model, stream),
    async rebuild({ onProgress } = {}) {
      if (onProgress !== undefined) rebuilding.add(onProgress);
      await model.rebuild();
      if (onProgress !== undefined) rebuilding.delete(onProgress);
    },
    appendMany: (stream, count, tab, call) => appendMany(store, stream, count, tab, call),
    conflict: (stream, tab) => provokeConflict(store, stream, tab),
    facts: () => factsOf(store, Object.keys(counters.state)),
    close: () => store.close(),
  };
}

/**
 * Decides on the counter as it is, and appends on the condition that it still is so; where somebody was faster, once more. A
 * step up or down holds whatever the value is, and needs no condition.
 */
async function run(store: EventStore, command: Command, tab: string): Promise<number> {
  const counter = store.stream<CounterEvent>(streamOf(command));
  const metadata = { tab };
  if (command.type === "add") {
    const event = decide({ ...NO_COUNTER, open: true }, command);
    return (await counter.append({ ...event, metadata }, { expectedVersion: "stream-exists" })).position;
  }
  for (;;) {
    const { state, version } = await counter.load(oneCounter);
    const event = decide(state, command);
    try {
      return (await counter.append({ ...event, metadata }, { expectedVersion: version })).position;
    } catch (error) {
      if (!isEventStoreError(error, "version-conflict")) throw error;
    }
  }
}

/** A store without any event gets a first counter. Its id is known, so that two tabs who do this at once do it once. */
async function openFirst(store: EventStore): Promise<void> {
  if ((await store.head()) > 0) return;
  const label = "Cups of coffee";
  await store
    .stream<CounterEvent>(streamOf({ type: "open", label }))
    .append({ type: "opened", id: "first-counter", data: { label } });
}

async function factsOf(store: EventStore, streams: readonly string[]): Promise<Facts> {
  const [info, events, ...snapshots] = await Promise.all([
    store.info(),
    store.head(),
    ...streams.map(async (stream) => ({ stream, saved: await store.stream(stream).loadSnapshot(oneCounter.name) })),
  ]);
  return {
    ...info,
    events,
    snapshots: snapshots.flatMap(({ stream, saved }) =>
      saved === undefined ? [] : [{ stream, version: saved.version, timestamp: saved.timestamp }],
    ),
  };
}
