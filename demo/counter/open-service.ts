import type { EventStore } from "rivulet";
import { sql } from "rivulet/read-models";
import { appendMany } from "./append-many.ts";
import { Refusal, streamOf, type Command } from "./commands.ts";
import { provokeConflict } from "./conflict.ts";
import { counterDecider } from "./counter-decider.ts";
import { PREFIX, type CounterEvent } from "./events.ts";
import { countLog, readLog } from "./log.ts";
import { overview, totals } from "./overview.ts";
import { allCounters } from "./all-counters.ts";
import { readSeries } from "./series.ts";
import type { CounterService, Facts, Progress, Ranked } from "./service.ts";

export interface ServiceOptions {
  /** Called while the read model catches up with the events. */
  readonly onBuild?: ((progress: Progress) => void) | undefined;
}

/** Opens the counters over any store: the same code in a browser, in Node and on PostgreSQL. */
export async function openCounterService(store: EventStore, { onBuild }: ServiceOptions = {}): Promise<CounterService> {
  const model = await store.readModel(overview, { onProgress: onBuild });
  await openFirst(store);
  const counters = store.project(allCounters, { streamPrefix: PREFIX });
  const ranking = model.live<Ranked>(
    sql`SELECT stream, label, value, events, changed,
               rank() OVER (ORDER BY value DESC) AS "byValue", rank() OVER (ORDER BY events DESC) AS "byActivity"
        FROM ${totals} WHERE present = 1 ORDER BY "byValue", label`,
  );
  // The first build of the tables takes longer than loading the counters; without them the page would show only half of
  // its content.
  await Promise.all([counters.caughtUp(), model.caughtUp()]);

  async function refuseAllButCounters(stream: string): Promise<void> {
    await counters.caughtUp();
    if (counters.state[stream]?.open !== true) throw new Refusal("There is no such counter.");
  }

  return {
    counters,
    ranking,
    run: (command, tab) => run(store, command, tab),
    countersAt: async (position) => (await store.at(position).load(allCounters, { streamPrefix: PREFIX })).state,
    log: (query) => readLog(store, model, query),
    logSize: (filter) => countLog(store, model, filter),
    series: (stream) => readSeries(model, stream),
    rebuild: (call) => model.rebuild(call),
    async appendMany(stream, count, tab, call) {
      await refuseAllButCounters(stream);
      await appendMany(store, stream, count, tab, call);
    },
    async conflict(stream, tab) {
      await refuseAllButCounters(stream);
      return provokeConflict(store, stream, tab);
    },
    facts: () => factsOf(store, Object.keys(counters.state)),
    close: () => store.close(),
  };
}

async function run(store: EventStore, command: Command, tab: string): Promise<number> {
  const counter = store.stream<CounterEvent>(streamOf(command));
  const { position } = await counter.execute(counterDecider, command, { metadata: { tab } });
  // Every command that is not refused writes an event.
  return position as number;
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

async function factsOf(store: EventStore, streams: readonly string[]): Promise<Facts> {
  const [info, events, ...snapshots] = await Promise.all([
    store.info(),
    store.head(),
    ...streams.map(async (stream) => ({ stream, saved: await store.stream(stream).loadSnapshot(counterDecider.name) })),
  ]);
  return {
    ...info,
    events,
    snapshots: snapshots.flatMap(({ stream, saved }) =>
      saved === undefined ? [] : [{ stream, version: saved.version, timestamp: saved.timestamp }],
    ),
  };
}
