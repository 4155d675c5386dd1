import type { EventStore, QueryFor, ReadModel } from "rivulet";
import { sql } from "rivulet/read-models";
import type { Replica } from "rivulet/sync";
import { PREFIX } from "./events.ts";
import { foldsOf, type Folds } from "./folds.ts";
import { countLog, readLog } from "./log.ts";
import { overview, totals } from "./overview.ts";
import { createSeries, type Query } from "./series.ts";
import type { CounterService, Facts, Live, Progress, Ranked } from "./service.ts";

export interface ServiceOptions {
  /** Called while the read model catches up with the events. */
  readonly onBuild?: ((progress: Progress) => void) | undefined;
  /** Default: those of the first round. */
  readonly folds?: Folds | undefined;
}

/** The part of the service that only reads what is stored. */
export interface ReadSide extends Pick<
  CounterService,
  "ranking" | "countersAt" | "log" | "logSize" | "series" | "rebuild"
> {
  readonly model: ReadModel;
  facts(streams: readonly string[]): Promise<Facts>;
}

const RANKING = sql`
  SELECT stream, label, value, events, changed,
         rank() OVER (ORDER BY value DESC) AS "byValue", rank() OVER (ORDER BY events DESC) AS "byActivity"
  FROM ${totals} WHERE present = 1 ORDER BY "byValue", label`;

/**
 * Opens the read model and what else reads the events of a store. With a replica, the ranking and the series contain
 * what is pending.
 */
export async function openReadSide(
  store: EventStore,
  { onBuild, folds = foldsOf() }: ServiceOptions,
  replica?: Replica,
): Promise<ReadSide> {
  const model = await store.readModel(overview, { onProgress: onBuild });
  const query: Query = async <Row>(statement: QueryFor<Row>) =>
    replica === undefined ? model.query<Row>(statement) : (await replica.query<Row>(model, statement)).rows;
  return {
    model,
    ranking: replica === undefined ? model.live<Ranked>(RANKING) : liveRows(replica, model),
    countersAt: async (position) => (await store.at(position).load(folds.counters, { streamPrefix: PREFIX })).state,
    log: (asked) => readLog(store, model, asked),
    logSize: (filter) => countLog(store, model, filter),
    series: createSeries(query, () => model.position),
    rebuild: (call) => model.rebuild(call),
    facts: (streams) => factsOf(store, streams, folds),
  };
}

/** The ranking with what is pending: its statements run in a transaction that is rolled back. */
function liveRows(replica: Replica, model: ReadModel): Live<readonly Ranked[]> {
  const live = replica.live<Ranked>(model, RANKING);
  return {
    get state() {
      return live.state.rows;
    },
    get position() {
      return live.position;
    },
    get error() {
      return live.error;
    },
    subscribe: (listener) => live.subscribe(listener),
  };
}

async function factsOf(store: EventStore, streams: readonly string[], { decider }: Folds): Promise<Facts> {
  const [info, events, ...snapshots] = await Promise.all([
    store.info(),
    store.head(),
    ...streams.map(async (stream) => ({
      stream,
      saved: await store.stream(stream).loadSnapshot(decider),
    })),
  ]);
  return {
    ...info,
    events,
    snapshots: snapshots.flatMap(({ stream, saved }) =>
      saved === undefined ? [] : [{ stream, version: saved.version, timestamp: saved.timestamp }],
    ),
  };
}
