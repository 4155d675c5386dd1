import { mustBe } from "../../errors.ts";
import { onAbort, orAborted, refuseAborted, underSignals } from "../../platform.ts";
import type { LiveProjection } from "../../projections/projection.ts";
import type { PreparedQuery } from "../../read-models/model-inside.ts";
import type { QueryOptions, ReadModel, SqlText } from "../../read-models/read-model.ts";
import { checkOptions } from "../../validate.ts";
import { checkFlag } from "../option-checks.ts";
import { queries } from "./parts.ts";
import type { PendingRows } from "./queries/ask-pending.ts";
import type { PendingRowsAsked } from "./queries/queries.ts";
import type { StartContext } from "./replica-context.ts";

/** The longest time for a query with what is pending, in milliseconds: other processes wait with their writes meanwhile. */
const LONGEST = 10_000;

/** How to run a query with what is pending. */
export interface PendingQueryOptions extends QueryOptions {
  /** Whether what is pending is in the rows; default true. */
  readonly pending?: boolean | undefined;
}

/** Queries of read models, with what is pending on top of their tables. */
export interface PendingQueries {
  query<Row>(readModel: ReadModel, statement: SqlText, options?: PendingQueryOptions): Promise<PendingRows<Row>>;
  live<Row>(readModel: ReadModel, statement: SqlText, options?: PendingQueryOptions): LiveProjection<PendingRows<Row>>;
}

/** `onChange` calls its listener when the outbox or the confirmed events may have changed, until the returned function is called. */
export function createPendingQueries(
  parts: StartContext,
  onChange: (listener: () => void) => () => void,
): PendingQueries {
  const { context, closed } = parts;
  let rows: PendingRowsAsked | undefined;
  const load = (): Promise<PendingRowsAsked> =>
    parts.use(async (_code, own) => {
      const { createRows } = await queries();
      return (rows ??= createRows(own, onChange));
    });

  /** @throws `invalid-argument`, or `store-closed`. */
  function prepare(
    readModel: ReadModel,
    statement: SqlText,
    options: PendingQueryOptions,
  ): readonly [prepared: PreparedQuery, pending: boolean] {
    context.ensureOpen();
    refuseAborted(closed);
    checkOptions(options, ["pending", "reads", "signal", "timeout"]);
    const { pending = true, ...rest } = options;
    checkFlag(pending, "pending");
    if (readModel?._rivulet?.context !== context) throw mustBe("readModel", "a read model of the replica's store");
    const prepared = readModel._rivulet.prepare(statement, rest);
    if (pending && (rest.timeout ?? 0) > LONGEST) throw mustBe("timeout", `at most ${LONGEST} with what is pending`);
    return [prepared, pending];
  }

  return {
    async query<Row>(readModel: ReadModel, statement: SqlText, options: PendingQueryOptions = {}) {
      const prepared = prepare(readModel, statement, options);
      refuseAborted(options.signal);
      return underSignals(
        [options.signal, closed],
        async (signal) =>
          (await (await orAborted(load, signal)).once(...prepared, signal)) as PendingRows<unknown> as PendingRows<Row>,
      );
    },
    live<Row>(readModel: ReadModel, statement: SqlText, options: PendingQueryOptions = {}) {
      const prepared = prepare(readModel, statement, options);
      for (const { _rivulet: inside } of prepared[0].reads) inside.ensureRunning();
      const initial: PendingRows<Record<string, unknown>> = { rows: [], pending: 0, failed: [] };
      const live = readModel._rivulet.live("the live query", context, initial, options.signal, (events) => {
        let stop: (() => void) | undefined = () => undefined;
        load()
          .then((loaded) => (stop &&= loaded.live(...prepared, events)))
          .catch(events.fail);
        const ignoreClose = onAbort(closed, () => events.fail(closed.reason));
        return () => {
          ignoreClose();
          stop?.();
          stop = undefined;
        };
      });
      return live as LiveProjection<PendingRows<unknown>> as LiveProjection<PendingRows<Row>>;
    },
  };
}
