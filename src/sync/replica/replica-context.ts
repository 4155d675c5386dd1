import type { AbortSignalLike } from "../../platform.ts";
import type { Deciders } from "./predict.ts";
import type { StreamPredictions } from "./stream-predictions.ts";
import type { QueueParts } from "./queue-entry.ts";
import type { Receipts } from "./receipts.ts";

/** The parts of a replica that its verbs share. */
export interface ReplicaContext extends QueueParts {
  readonly deciders: Deciders;
  readonly predictions: StreamPredictions;
  readonly receipts: Receipts;
  /** Aborted, with `store-closed`, once the replica is closed. */
  readonly closed: AbortSignalLike;
}
