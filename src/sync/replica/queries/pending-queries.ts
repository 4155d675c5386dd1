import { invalidArgument, mustBe } from "../../../errors.ts";
import { onAbort, refuseAborted, underSignals, type AbortSignalLike } from "../../../platform.ts";
import { createLive, type LiveEvents } from "../../../projections/live-state.ts";
import type { LiveProjection } from "../../../projections/projection.ts";
import type { PreparedQuery } from "../../../read-models/model-inside.ts";
import type { QueryOptions, ReadModel, SqlText } from "../../../read-models/read-model.ts";
import type { StoreContext } from "../../../storage/store-context.ts";
import { checkOptions } from "../../../validate.ts";
import { createAsk, type Ask, type PendingRows } from "./ask-pending.ts";
import { startLiveRows } from "./live-rows.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { StatesOfDeciders } from "../pending/predict.ts";
import { createPredictions, type PendingView } from "./predictions.ts";

/** The longest time for a query with what is pending, in milliseconds: other processes wait with their writes meanwhile. */
const LONGEST = 10_000;

/** How to run a query with what is pending. */
export interface PendingQueryOptions extends QueryOptions {
  /** Whether what is pending is in the rows; default true. */
  readonly pending?: boolean | undefined;
}

/** The parts of a replica that queries use. */
export interface PendingQueryParts {
  readonly context: StoreContext;
  readonly outbox: Outbox;
  readonly states: StatesOfDeciders;
  /** Aborted when the replica is closed. */
  readonly closing: AbortSignalLike;
  /** Calls the listener when the outbox or the confirmed events may have changed, until the returned function is called. */
  readonly onChange: (listener: () => void) => () => void;
}

/** Queries of read models, with what is pending on top of their tables. */
export interface PendingQueries {
  query<Row>(readModel: ReadModel, statement: SqlText, options?: PendingQueryOptions): Promise<PendingRows<Row>>;
  live<Row>(readModel: ReadModel, statement: SqlText, options?: PendingQueryOptions): LiveProjection<PendingRows<Row>>;
}

interface Prepared {
  readonly ask: Ask;
  readonly prepared: PreparedQuery;
  readonly look: (() => Promise<PendingView>) | undefined;
}

export function createPendingQueries(parts: PendingQueryParts): PendingQueries {
  const { context, outbox, states, closing, onChange } = parts;
  const predictions = createPredictions(context, outbox, states);
  let known: Ask | undefined;

  /** @throws `invalid-argument`, `store-closed`, or `storage-unavailable` if the store has no SQL. */
  function prepare(readModel: ReadModel, statement: SqlText, options: PendingQueryOptions): Prepared {
    context.ensureOpen();
    refuseAborted(closing);
    checkOptions(options, ["pending", "reads", "signal", "timeout"]);
    const { pending = true, ...rest } = options;
    if (typeof pending !== "boolean") throw mustBe("pending", "true or false");
    if (readModel?._rivulet?.context !== context)
      throw invalidArgument("readModel", "readModel must be a read model of the replica's store");
    const prepared = readModel._rivulet.prepare(statement, rest);
    if (pending && (rest.timeout ?? 0) > LONGEST) throw mustBe("timeout", `at most ${LONGEST} with what is pending`);
    return {
      ask: (known ??= createAsk(context)),
      prepared,
      look: pending ? predictions : undefined,
    };
  }

  return {
    async query<Row>(readModel: ReadModel, statement: SqlText, options: PendingQueryOptions = {}) {
      const { ask, prepared, look } = prepare(readModel, statement, options);
      refuseAborted(options.signal);
      const { now } = await underSignals([options.signal, closing], (signal) => ask(prepared, look, signal));
      return now as PendingRows<Row>;
    },
    live<Row>(readModel: ReadModel, statement: SqlText, options: PendingQueryOptions = {}) {
      const { ask, prepared, look } = prepare(readModel, statement, options);
      for (const { _rivulet: inside } of prepared.reads) inside.ensureRunning();
      const start = (events: LiveEvents<PendingRows<Row>>): (() => void) => {
        const stop = startLiveRows({ ask, look, onChange }, prepared, events as LiveEvents<PendingRows<never>>);
        const ignoreClose = onAbort(closing, () => events.fail(closing.reason));
        return () => {
          ignoreClose();
          stop();
        };
      };
      const initial: PendingRows<Row> = { rows: [], pending: 0, failed: [] };
      return createLive("the live query", context, initial, options.signal, start);
    },
  };
}
