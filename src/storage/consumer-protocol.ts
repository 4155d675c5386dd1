import type { Fence } from "./lease-protocol.ts";
import type { ParkedRecord } from "./read-model-protocol.ts";

/** An event that could not be taken, and was set aside. */
export interface ConsumerParked {
  readonly position: number;
  /** What was wrong with it the last time. */
  readonly message: string;
  /** How often it was tried, from 1. */
  readonly attempts: number;
  /** When it was tried last, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** Those that an owner has parked, in the order of their positions. */
export interface ConsumerParkedQuery {
  readonly owner: string;
  /** Only those after this position. */
  readonly after: number;
  readonly limit: number;
}

/** What a consumer has done: its checkpoint moves, events are parked or taken back, all in one. */
export interface ConsumerMove {
  readonly name: string;
  /**
   * It must stand, or nothing is done (`fenced`). Absent: a consumer begins, which needs no lease: its first checkpoint is
   * written, and nothing else is allowed.
   */
  readonly fence?: Fence;
  /**
   * Absent: the checkpoint is kept elsewhere. `from`: where it must stand, null where there must be none yet. `to`: "head" is the
   * newest position at the moment of writing.
   */
  readonly checkpoint?: { readonly from: number | null; readonly to: number | "head" };
  readonly park?: ConsumerParked;
  /** The position of an event that is parked no longer. */
  readonly unpark?: number;
}

export type ConsumerOutcome =
  | { readonly outcome: "done" }
  /** The checkpoint stood elsewhere, and nothing was done: what was sent twice was done the first time. */
  | { readonly outcome: "moved"; readonly checkpoint: number | null }
  /** The lease is somebody else's by now, and nothing was done. */
  | { readonly outcome: "fenced" };

/** How far consumers have come, and what they have parked, kept beside the events. All of this may be sent twice without harm. */
export interface ConsumerStorage {
  /** Up to which position everything is handled; null: there is no such checkpoint. */
  loadCheckpoint(name: string): Promise<number | null>;
  /** Refuses (`invalid-argument`) a checkpoint that would go back, or lie beyond the head. */
  moveConsumer(move: ConsumerMove): Promise<ConsumerOutcome>;
  listConsumerParked(query: ConsumerParkedQuery): Promise<readonly ParkedRecord[]>;
}
