import type { Condition } from "../../async/condition.ts";
import type { AbortSignalLike } from "../../platform.ts";
import type { SyncStorage } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import type { Outbox } from "./outbox.ts";
import type { Queue } from "./outbox/queue.ts";
import type { Receipts } from "./outbox/receipts.ts";
import type { Deciders } from "./pending/predict.ts";
import type { StreamPredictions } from "./pending/stream-predictions.ts";

/** The parts of a replica that are there from its start. */
export interface StartContext {
  readonly context: StoreContext;
  readonly sync: SyncStorage;
  readonly outbox: Outbox;
  /** Notified once the status has what has changed in the outbox, and when listeners are told of anything else. */
  readonly changes: Condition;
  /** The most entries of the outbox. */
  readonly most: number;
  readonly deciders: Deciders;
  /** Aborted, with `store-closed`, once the replica is closed. */
  readonly closed: AbortSignalLike;
  /** Whether the application is being asked about an entry that the hub has refused. */
  isAsked(id: string): boolean;
  /**
   * Calls something with the code of the verbs, which is loaded when one of them is first used, and what they share. Rejects with the
   * signal's reason while the code is loading.
   *
   * @throws `code-unavailable`.
   */
  readonly use: <Result>(
    call: (code: typeof import("./verbs.ts"), own: ReplicaContext) => Result | Promise<Result>,
    signal?: AbortSignalLike,
  ) => Promise<Result>;
}

/** The parts of a replica that its verbs share. */
export interface ReplicaContext extends StartContext {
  readonly predictions: StreamPredictions;
  readonly queue: Queue;
  readonly receipts: Receipts;
}
