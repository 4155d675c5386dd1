/** Queries of read models with what is pending. It is loaded at the first of them. */
import type { LiveEvents } from "../../../projections/live-state.ts";
import type { PreparedQuery } from "../../../read-models/model-inside.ts";
import type { AbortSignalLike } from "../../../platform.ts";
import type { ReplicaContext } from "../replica-context.ts";
import { createAsk, type PendingRows } from "./ask-pending.ts";
import { startLiveRows } from "./live-rows.ts";
import { createPredictions } from "./predictions.ts";

// See parts.ts.
export { startReplica } from "../replica.ts";

type Rows = PendingRows<object>;

/** Asks read models for rows, with what is pending or without. */
export interface PendingRowsAsked {
  once(prepared: PreparedQuery, pending: boolean, signal: AbortSignalLike): Promise<Rows>;
  /** Asks again after every change, until the returned function is called. */
  live(prepared: PreparedQuery, pending: boolean, events: LiveEvents<Rows>): () => void;
}

/** `onChange` calls its listener when the outbox may have changed, until the returned function is called. */
export function createRows(
  { context, outbox, predictions }: ReplicaContext,
  onChange: (listener: () => void) => () => void,
): PendingRowsAsked {
  const ask = createAsk(context);
  const look = createPredictions(context, outbox, predictions);
  return {
    once: async (prepared, pending, signal) => (await ask(prepared, pending ? look : undefined, signal)).now,
    live(prepared, pending, events) {
      // One of the models may have ended meanwhile.
      for (const { _rivulet: inside } of prepared.reads) inside.ensureRunning();
      return startLiveRows({ ask, look: pending ? look : undefined, onChange }, prepared, events);
    },
  };
}
