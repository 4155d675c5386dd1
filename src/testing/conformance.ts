import type { EventStore, OpenOptions } from "../index.ts";
import { alongsideCases } from "./cases/append/alongside.ts";
import { appendCases } from "./cases/append/append.ts";
import { asOfCases } from "./cases/read/as-of.ts";
import { badImportCases } from "./cases/ndjson/bad-imports.ts";
import { badInputCases } from "./cases/append/bad-input.ts";
import { commandCases } from "./cases/deciders/commands.ts";
import { commandKeyCases } from "./cases/deciders/idempotency-keys.ts";
import { commitOrderCases } from "./cases/append/commit-order.ts";
import { consumerBeginningCases } from "./cases/consumers/beginnings.ts";
import { consumerEndCases } from "./cases/consumers/ends.ts";
import { consumerFailureCases } from "./cases/consumers/failures.ts";
import { consumerCases } from "./cases/consumers/consumers.ts";
import { frozenStateCases } from "./cases/projections/frozen-states.ts";
import { evolutionCases } from "./cases/events/evolution.ts";
import { eventSchemaCases } from "./cases/events/schemas.ts";
import { filterCases } from "./cases/read/filter.ts";
import { idempotenceCases } from "./cases/append/idempotence.ts";
import { idCases } from "./cases/events/ids.ts";
import { jsonCases } from "./cases/events/json.ts";
import { lifecycleCases } from "./cases/store/lifecycle.ts";
import { lineageCases } from "./cases/store/lineage.ts";
import { liveQueryCases } from "./cases/read-models/live-queries.ts";
import { liveProjectionCases } from "./cases/projections/live-projections.ts";
import { ndjsonCases } from "./cases/ndjson/ndjson.ts";
import { modelRebuildCases } from "./cases/read-models/rebuilds.ts";
import { modelSchemaCases } from "./cases/read-models/schemas.ts";
import { parkedEventCases } from "./cases/read-models/parked.ts";
import { pendingEventCases } from "./cases/read-models/pending-events.ts";
import { projectionCases } from "./cases/projections/projections.ts";
import { readModelCases } from "./cases/read-models/read-models.ts";
import { readCases } from "./cases/read/read.ts";
import { reopenCases } from "./cases/store/reopen.ts";
import { severalStreamsCases } from "./cases/append/several-streams.ts";
import { snapshotCases } from "./cases/projections/snapshots.ts";
import { endlessCases } from "./cases/read-models/endless-queries.ts";
import { sqlGuardCases } from "./cases/read-models/sql-guard.ts";
import { postgresGuardCases } from "./cases/read-models/sql-guard-postgres.ts";
import { sqlFragmentCases } from "./cases/read-models/sql-fragments.ts";
import { sqlMistakeCases } from "./cases/read-models/sql-mistakes.ts";
import { sqlValueCases } from "./cases/read-models/sql-values.ts";
import { streamListCases } from "./cases/store/stream-list.ts";
import { timestampCases } from "./cases/append/timestamps.ts";
import { timeTravelCases } from "./cases/time-travel/time-travel.ts";
import { versionCases } from "./cases/append/versions.ts";
import { watchCrowdCases } from "./cases/subscriptions/watch-crowd.ts";
import { watchEndCases } from "./cases/subscriptions/watch-end.ts";
import { watchFilterCases } from "./cases/subscriptions/watch-filter.ts";
import { watchCases } from "./cases/subscriptions/watch.ts";
import { runCase, type Case } from "./context.ts";

/** How the conformance suite opens stores of the adapter under test. The suite closes every store. */
export interface ConformanceHarness {
  /** Opens a store on a new, empty database. Pass the options to `openEventStore`. */
  open(options?: OpenOptions): Promise<EventStore>;
  /** Opens the database of a closed store again. Leave it out for an adapter that keeps nothing, such as one in memory. */
  reopen?(closed: EventStore, options?: OpenOptions): Promise<EventStore>;
  /**
   * Opens a second store on the database of an open one, as another process or tab would. Leave it out if a database can have one
   * store only.
   */
  alongside?(open: EventStore, options?: OpenOptions): Promise<EventStore>;
  /** The storage has SQL, so that read models must work: that of SQLite, or another dialect. */
  readonly sql?: true | "postgres";
  /** The storage interrupts read models' statements after their timeout. */
  readonly limits?: true;
}

/** A test case of the conformance suite. */
export interface ConformanceCase {
  /** A sentence about the behaviour, unique in the suite. */
  readonly name: string;
  /**
   * Runs the case, independently of all others. Rejects with an `Error` that says what was expected and what was found.
   *
   * @example
   * ```ts
   * const harness = { open: (options?: OpenOptions) => openEventStore(memory(), options) };
   * const [first] = conformanceCases(harness);
   * await first?.run();
   * ```
   */
  run(): Promise<void>;
}

/**
 * Returns the test cases that every adapter has to pass, for any test runner. Cases that need a hook which the harness lacks are
 * left out. A case has no timeout of its own: use the test runner's.
 *
 * @example
 * ```ts
 * const harness = { open: (options?: OpenOptions) => openEventStore(memory(), options) };
 * const cases = conformanceCases(harness);
 * for (const { name, run } of cases) test(name, run); // the test runner's
 * ```
 */
export function conformanceCases(harness: ConformanceHarness): readonly ConformanceCase[] {
  const own = harness.sql === "postgres" ? "postgres" : "sqlite";
  const can = ({ needs = [], dialect = own }: Case): boolean =>
    dialect === own && [needs].flat().every((hook) => harness[hook] !== undefined);
  return CASES.filter(can).map((one) => ({
    name: one.name,
    run: () => runCase(harness, one),
  }));
}

const CASES: readonly Case[] = [
  ...appendCases,
  ...idempotenceCases,
  ...idCases,
  ...versionCases,
  ...severalStreamsCases,
  ...commitOrderCases,
  ...timestampCases,
  ...jsonCases,
  ...readCases,
  ...filterCases,
  ...asOfCases,
  ...streamListCases,
  ...watchCases,
  ...watchFilterCases,
  ...watchCrowdCases,
  ...watchEndCases,
  ...snapshotCases,
  ...projectionCases,
  ...frozenStateCases,
  ...liveProjectionCases,
  ...timeTravelCases,
  ...ndjsonCases,
  ...badImportCases,
  ...commandCases,
  ...commandKeyCases,
  ...eventSchemaCases,
  ...evolutionCases,
  ...readModelCases,
  ...pendingEventCases,
  ...sqlValueCases,
  ...sqlFragmentCases,
  ...sqlMistakeCases,
  ...sqlGuardCases,
  ...postgresGuardCases,
  ...endlessCases,
  ...modelRebuildCases,
  ...modelSchemaCases,
  ...parkedEventCases,
  ...liveQueryCases,
  ...consumerCases,
  ...consumerBeginningCases,
  ...consumerFailureCases,
  ...consumerEndCases,
  ...lineageCases,
  ...badInputCases,
  ...lifecycleCases,
  ...reopenCases,
  ...alongsideCases,
];
