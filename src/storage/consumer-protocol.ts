import type { Fence } from "./lease-protocol.ts";
import type { ParkedRecord } from "./read-model-protocol.ts";

/** An event that a consumer has parked. */
export interface ConsumerParked {
  readonly position: number;
  /** The error message of the last attempt. */
  readonly message: string;
  /** The number of attempts, from 1. */
  readonly attempts: number;
  /** When the last attempt was, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** Asks for one page of an owner's parked events, in the order of positions. */
export interface ConsumerParkedQuery {
  readonly owner: string;
  /** Lists events after this position. */
  readonly after: number;
  readonly limit: number;
}

/** One step of a consumer: moves its checkpoint and parks or unparks events, in one transaction. */
export interface ConsumerMove {
  readonly name: string;
  /**
   * The consumer's lease, which must still be held; otherwise nothing is done (`fenced`). Absent when a consumer begins: then only its
   * first checkpoint may be written.
   */
  readonly fence?: Fence;
  /**
   * Moves the checkpoint from `from` (null: there must be none yet) to `to` ("head": the newest position in this transaction). Absent
   * if the checkpoint is kept elsewhere.
   */
  readonly checkpoint?: { readonly from: number | null; readonly to: number | "head" };
  /** Parks an event. */
  readonly park?: ConsumerParked;
  /** Unparks the event at this position. */
  readonly unpark?: number;
}

/** The outcome of a consumer's step. */
export type ConsumerOutcome =
  | { readonly outcome: "done" }
  /** The checkpoint was not at `from`, and nothing was done. A step that was sent twice was done the first time. */
  | { readonly outcome: "moved"; readonly checkpoint: number | null }
  /** The lease was lost, and nothing was done. */
  | { readonly outcome: "fenced" };

/** Consumers' checkpoints and parked events, stored with the events. Every call may be sent twice without harm. */
export interface ConsumerStorage {
  /** Resolves with the checkpoint of a consumer; null if there is none. */
  loadCheckpoint(name: string): Promise<number | null>;
  /** Does a step of a consumer. @throws `invalid-argument` for a checkpoint that goes back or is beyond the head. */
  moveConsumer(move: ConsumerMove): Promise<ConsumerOutcome>;
  /** Lists one page of parked events. */
  listConsumerParked(query: ConsumerParkedQuery): Promise<readonly ParkedRecord[]>;
}
