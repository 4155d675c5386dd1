import type { AbortSignalLike } from "../../platform.ts";
import type { QueueParts } from "./outbox/queue-entry.ts";
import type { Receipts } from "./outbox/receipts.ts";
import type { Deciders } from "./pending/predict.ts";
import type { StreamPredictions } from "./pending/stream-predictions.ts";

/** The parts of a replica that are there from its start. */
export interface StartContext extends QueueParts {
  readonly deciders: Deciders;
  /** Aborted, with `store-closed`, once the replica is closed. */
  readonly closed: AbortSignalLike;
  /** Whether the application is being asked about an entry that the hub has refused. */
  isAsked(id: string): boolean;
  /** Resolves with the code of the verbs, which is loaded when one of them is first used, and what they share. @throws `code-unavailable`. */
  readonly verbs: () => Promise<readonly [code: typeof import("./verbs.ts"), own: ReplicaContext]>;
}

/** The parts of a replica that its verbs share. */
export interface ReplicaContext extends StartContext {
  readonly predictions: StreamPredictions;
  readonly receipts: Receipts;
}
