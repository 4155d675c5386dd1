import type { StoredEvent } from "../event.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { SqlValue } from "../storage/protocol.ts";

/** A consumer that the store keeps a checkpoint or parked events of. */
export interface InspectedConsumer {
  /** The name given to `defineConsumer`. */
  readonly name: string;
  /** The position up to which every event is handled; undefined if the consumer keeps its checkpoint elsewhere. */
  readonly checkpoint: number | undefined;
  /** How many positions it is behind the head; undefined without a checkpoint. */
  readonly lag: number | undefined;
  /** Whether a client holds its lease, in any tab or process. */
  readonly active: boolean;
  /** How many events it has parked, at most 1,000. */
  readonly parked: number;
}

/** A table of a read model. */
export interface InspectedTable {
  /** The name given to `table`. */
  readonly name: string;
  /** The column definitions. */
  readonly columns: string;
  /** The columns of each index. */
  readonly indexes: readonly string[];
}

/** A read model whose tables are in the store, opened by this client or not. */
export interface InspectedReadModel {
  /** The name given to `defineReadModel`. */
  readonly name: string;
  /** The schema number given to `defineReadModel`. */
  readonly schema: number;
  /** The position up to which every event is in the tables. */
  readonly position: number;
  /** How many positions it is behind the head. */
  readonly lag: number;
  /** Whether the tables have caught up with the head once. */
  readonly built: boolean;
  /** The position of the tables that a rebuild fills; undefined if there is no rebuild. */
  readonly rebuild: number | undefined;
  /** Its tables. */
  readonly tables: readonly InspectedTable[];
  /** How many clients have it open, in any tab or process. */
  readonly clients: number;
}

/** The rows of a query over read models. */
export interface InspectedRows {
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** The rows: a value for each column. */
  readonly rows: readonly (readonly SqlValue[])[];
  /** Whether there are more rows than `limit`. */
  readonly more: boolean;
}

/** A state that was saved, so that a later load need not fold all events. */
export interface InspectedSnapshot {
  /** The stream that it was folded from; undefined: the whole store. */
  readonly stream: string | undefined;
  /** The name under which it is stored: that of a projection, or "decider/" and that of a decider. */
  readonly projection: string;
  /** The schema number of the state. */
  readonly schema: number;
  /** The version of the stream, or the position, up to which events are in it. */
  readonly version: number;
  /** When it was saved, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** The state, as JSON. */
  readonly state: string;
}

/** Some of the snapshots of a store. */
export interface InspectedSnapshots {
  /** In the order of the storage, which stays the same. */
  readonly snapshots: readonly InspectedSnapshot[];
  /** For `after` of the next call; undefined if there are no more. */
  readonly next: string | undefined;
}

/** A command or an append that a replica has queued. */
export interface InspectedOutboxEntry {
  /** Identifies it for `retry` and `discard` of a replica. */
  readonly id: string;
  /** The streams that it concerns. */
  readonly streams: readonly string[];
  /** When it was queued, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** What is sent to the hub. */
  readonly body: unknown;
  /** Why the hub has refused it; undefined while it is pending. */
  readonly rejected: unknown;
}

/** What a store keeps as a replica, whether a replica runs or not. */
export interface InspectedOutbox {
  /** What is followed: streams by name, prefixes with an asterisk at the end, each with the hub's position up to which it is here. */
  readonly followed: readonly { readonly name: string; readonly position: number }[];
  /** The first 1,000 entries of the outbox, in their order. */
  readonly entries: readonly InspectedOutboxEntry[];
}

/** Whose parked events to list: those of a consumer, or of a schema of a read model. */
export type ParkedBy =
  | {
      /** The consumer's name. */
      readonly consumer: string;
    }
  | {
      /** The read model's name. */
      readonly readModel: string;
      /** Its schema number. */
      readonly schema: number;
    };

/** Which parked events to list. */
export interface ReadParkedOptions {
  /** Lists events after this position; default 0. */
  readonly after?: number | undefined;
  /** At most this many; default 100. */
  readonly limit?: number | undefined;
}

/** How to run a query. */
export interface QueryTablesOptions {
  /** The read model whose tables are meant where several have one of the same name, as "name" or "name.schema". */
  readonly prefer?: string | undefined;
  /** At most this many rows; default 1,000. */
  readonly limit?: number | undefined;
  /** The longest time for the query, in milliseconds; default 5,000. */
  readonly timeout?: number | undefined;
}

/** Which snapshots to list. */
export interface SnapshotsOptions {
  /** The `next` of an earlier call. Default: from the first on. */
  readonly after?: string | undefined;
  /** At most this many, from 1 to 1,000; default 100. */
  readonly limit?: number | undefined;
}

/** Which events to fold one by one. */
export interface StepsOptions {
  /** Folds this stream; then `upTo` and `position` are versions. Default: the whole store. */
  readonly stream?: string | undefined;
  /** The position at which to end; default: the newest one. */
  readonly upTo?: number | undefined;
  /** How many events to give; those before them are in the first state. Default: 50. */
  readonly limit?: number | undefined;
  /** Aborting it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** An event, and the states around it. */
export interface FoldedStep<State> {
  /** The event, as the application reads it. */
  readonly event: StoredEvent;
  /** The state before it. */
  readonly before: State;
  /** The same object as `before` if the event changes nothing. */
  readonly after: State;
}

/** The newest events of a fold, oldest first. */
export interface FoldedSteps<State> {
  /** The state after the last event. */
  readonly state: State;
  /** The version or position of the last event; 0 if there is none. */
  readonly position: number;
  /** The events with the states around them, oldest first. */
  readonly steps: readonly FoldedStep<State>[];
  /** The error of the handler that has failed after these steps. */
  readonly error?: unknown;
}
