import { invalidArgument } from "../../errors.ts";
import { monotonicNow } from "../../platform.ts";
import { queryTimeout } from "../../storage/query-timeout.ts";
import { prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import type { FailedOverlay, ModelOverlay, ModelQuery, ModelRows, ModelState } from "../../storage/protocol.ts";
import type { SqliteDriver } from "../driver.ts";
import { WrongRun, type ModelStatements } from "./statements.ts";
import { copyTables } from "./table-copies.ts";

/** Runs the statements of overlays, asks the query and rolls back: a transaction that never commits. Synchronous. */
export type OverlaidQuery = (
  query: ModelQuery,
  overlays: readonly ModelOverlay[],
  ask: () => Pick<ModelRows, "columns" | "rows">,
) => ModelRows;

/** An event whose statements failed and are not undone: the transaction has to be rolled back. */
class FailedEvent extends Error {
  readonly failure: FailedOverlay;

  constructor(failure: FailedOverlay) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * `copies`: the statements change temporary copies of the tables, so that nobody's writes wait for the query; otherwise it holds the
 * write lock for as long as it runs.
 */
export function createOverlaidQuery(
  driver: SqliteDriver,
  statements: ModelStatements,
  stateOf: (model: ModelKey) => ModelState,
  copies: boolean,
): OverlaidQuery {
  /** Runs an event's statements between savepoints. Returns the error of the one that is wrong: then none of them has an effect. */
  function runAlone(prefix: string, runs: Pick<ModelOverlay, "texts" | "runs">): WrongRun | undefined {
    driver.exec("SAVEPOINT overlay");
    try {
      statements.run(prefix, runs);
    } catch (error) {
      // ON CONFLICT ROLLBACK ends the transaction (https://sqlite.org/lang_conflict.html).
      if (!(error instanceof WrongRun) || !driver.inTransaction) throw error;
      driver.exec("ROLLBACK TO overlay");
      driver.exec("RELEASE overlay");
      return error;
    }
    driver.exec("RELEASE overlay");
    return undefined;
  }

  return (query, overlays, ask) => {
    const { models, timeout } = query;
    if (overlays.length !== models.length) throw invalidArgument("overlays", "a query has one overlay for each model");
    const prefixes = models.map((model) => prefixOf(model, "used"));
    const deadline = timeout === undefined ? Infinity : monotonicNow() + timeout;
    const failures = new Map<string, FailedOverlay>();
    // An event seldom fails, so that savepoints are set only after one has.
    let savepoints = false;

    function answer(): ModelRows {
      const checkpoints = models.map((model) => stateOf(model).checkpoint);
      if (checkpoints.some((checkpoint, index) => checkpoint > (overlays[index] as ModelOverlay).upTo))
        return { columns: [], rows: [], checkpoints, overlaid: "moved" };
      if (copies) copyTables(driver, prefixes);
      overlays.forEach((overlay, index) => run(overlay, index, checkpoints[index] as number));
      return { ...ask(), checkpoints, overlaid: [...failures.values()] };
    }

    function run({ texts, runs, events }: ModelOverlay, overlay: number, checkpoint: number): void {
      let end = 0;
      for (const [event, [position, count]] of events.entries()) {
        const first = end;
        end += count;
        if (position <= checkpoint || failures.has(`${overlay} ${event}`)) continue;
        if (monotonicNow() > deadline) throw queryTimeout(timeout as number);
        runEvent(overlay, event, { texts, runs: runs.slice(first, end) });
      }
    }

    function runEvent(overlay: number, event: number, own: Pick<ModelOverlay, "texts" | "runs">): void {
      const prefix = prefixes[overlay] as string;
      try {
        const wrong = savepoints ? runAlone(prefix, own) : statements.run(prefix, own);
        if (wrong !== undefined) note({ overlay, event, message: wrong.message });
      } catch (error) {
        throw error instanceof WrongRun ? new FailedEvent({ overlay, event, message: error.message }) : error;
      }
    }

    function note(failure: FailedOverlay): void {
      failures.set(`${failure.overlay} ${failure.event}`, failure);
    }

    for (;;) {
      const undo = new Error("the statements of overlays are rolled back");
      let found: ModelRows | undefined;
      try {
        driver.transaction(copies ? "read" : "write", () => {
          found = answer();
          throw undo;
        });
      } catch (error) {
        if (error === undo && found !== undefined) return found;
        if (!(error instanceof FailedEvent)) throw error;
        // The same statements are run again without the event's.
        note(error.failure);
        // Where there are no pragmas, there are no savepoints either.
        savepoints = driver.pragmas === undefined;
      }
    }
  };
}
