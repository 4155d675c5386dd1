import type { ModelRecord, ModelState, SnapshotRecord } from "./protocol.ts";
import type { NewResult } from "./sync-protocol.ts";

/** A consumer that has a checkpoint or parked events in the store. */
export interface ConsumerSummary {
  readonly name: string;
  /** Null if the consumer keeps its checkpoint elsewhere. */
  readonly checkpoint: number | null;
}

/** Asks for one page of all snapshots, or of all results. */
export interface ContentsQuery {
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

/** One page of all results that a hub has kept, in any order that stays the same. */
export interface ResultsPage {
  readonly results: readonly Omit<NewResult, "id">[];
  readonly cursor: string;
  readonly done: boolean;
}

/** A read model whose tables are in the store, with their full names. */
export interface ListedModel extends ModelRecord, ModelState {}

/** Lists what the other verbs find by name only, so that a copy of a store can include it, and an inspector can show it. */
export interface StorageContents {
  /** Lists one page of snapshots. */
  listSnapshots(query: ContentsQuery): Promise<SnapshotsPage>;
  /** Lists one page of results. */
  listResults(query: ContentsQuery): Promise<ResultsPage>;
  /** Lists all consumers. */
  listConsumers(): Promise<readonly ConsumerSummary[]>;
  /** Lists all read models, also those of older schemas. Absent if the storage has no SQL. */
  listModels?(): Promise<readonly ListedModel[]>;
  /** Gives a store without events the lineage of the history that is copied into it. Resolves with whether it had no events. */
  adoptLineage(lineage: string): Promise<boolean>;
}
