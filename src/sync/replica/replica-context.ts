import type { AbortSignalLike } from "../../platform.ts";
import type { SyncStorage } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { Deciders } from "./pending/predict.ts";
import type { StreamPredictions } from "./pending/stream-predictions.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Queue } from "./outbox/queue.ts";
import type { Receipts } from "./outbox/receipts.ts";

/** The parts of a replica that its verbs share. */
export interface ReplicaContext {
  readonly context: StoreContext;
  readonly sync: SyncStorage;
  readonly outbox: Outbox;
  readonly queue: Queue;
  /** The most entries of the outbox. */
  readonly most: number;
  readonly deciders: Deciders;
  readonly predictions: StreamPredictions;
  readonly receipts: Receipts;
  /** Aborted, with `store-closed`, once the replica is closed. */
  readonly closed: AbortSignalLike;
}
