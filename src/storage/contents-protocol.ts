import type { SnapshotRecord } from "./protocol.ts";

/** A consumer that has a checkpoint or parked events in the store. */
export interface ConsumerSummary {
  readonly name: string;
  /** Null if the consumer keeps its checkpoint elsewhere. */
  readonly checkpoint: number | null;
}

/** Asks for one page of all snapshots. */
export interface SnapshotsQuery {
  /** The `cursor` of the page before, which is opaque; "" for the first page. */
  readonly after: string;
  readonly limit: number;
}

/** One page of all snapshots, in any order that stays the same. */
export interface SnapshotsPage {
  readonly snapshots: readonly SnapshotRecord[];
  readonly cursor: string;
  readonly done: boolean;
}

/** Lists what the other verbs find by name only, so that a copy of a store can include it. */
export interface StorageContents {
  /** Lists one page of snapshots. */
  listSnapshots(query: SnapshotsQuery): Promise<SnapshotsPage>;
  /** Lists all consumers. */
  listConsumers(): Promise<readonly ConsumerSummary[]>;
  /** Gives a store without events the lineage of the history that is copied into it. Resolves with whether it had no events. */
  adoptLineage(lineage: string): Promise<boolean>;
}
