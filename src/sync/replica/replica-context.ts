import type { AbortSignalLike } from "../../platform.ts";
import type { Deciders } from "./pending/predict.ts";
import type { StreamPredictions } from "./pending/stream-predictions.ts";
import type { QueueParts } from "./outbox/queue-entry.ts";
import type { Receipts } from "./outbox/receipts.ts";

/** The parts of a replica that its verbs share. */
export interface ReplicaContext extends QueueParts {
  readonly deciders: Deciders;
  readonly predictions: StreamPredictions;
  readonly receipts: Receipts;
  /** Aborted, with `store-closed`, once the replica is closed. */
  readonly closed: AbortSignalLike;
}
