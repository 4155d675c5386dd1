import type { StoredEvent } from "../event.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { Projection } from "../projections/projection.ts";
import type { ParkedEvent } from "../read-models/read-model.ts";
import type { EventReader, ReadAllOptions } from "../read/read.ts";
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
export type ParkedBy = { readonly consumer: string } | { readonly readModel: string; readonly schema: number };

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
  /** How many events to give; those before them are in the first state. Default 50. */
  readonly limit?: number | undefined;
  /** Aborting it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** An event, and the states around it. */
export interface FoldedStep<State> {
  readonly event: StoredEvent;
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
  readonly steps: readonly FoldedStep<State>[];
  /** The error of the handler that has failed after these steps. */
  readonly error?: unknown;
}

/** What to call when a store changes. */
export interface InspectionListener {
  /** Called after every change, of whatever process: of the events, the tables of read models, or the outbox. */
  onChange(head: number): void;
  /** Called once when the store closes, or can no longer be read. */
  onEnd(error: unknown): void;
}

/** What a store holds, for tools. Nothing of it changes anything. */
export interface Inspection {
  /**
   * Reads events as they are stored: without upcasting, and also those that the application has no definition for.
   *
   * @throws `invalid-argument` and `store-closed`. Iterating rejects with `store-closed` or a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const [event] = await inspectStore(store).read({ limit: 1 }).toArray();
   * console.log(event?.type, event?.schemaVersion); // → deposited 1
   * ```
   */
  read(options?: ReadAllOptions): EventReader;
  /**
   * Lists the consumers with a checkpoint or parked events, whether they run or not.
   *
   * @throws `storage-unavailable` if the storage cannot list them; `store-closed` or another storage code.
   * @example
   * ```ts
   * await store.consume(audit).caughtUp();
   * for (const { name, lag } of await inspectStore(store).consumers()) console.log(name, lag); // → audit 0
   * ```
   */
  consumers(): Promise<readonly InspectedConsumer[]>;
  /**
   * Lists the read models whose tables are in the store, also those of older schemas.
   *
   * @throws `storage-unavailable` if the storage cannot list them; `store-closed` or another storage code.
   * @example
   * ```ts
   * await (await store.readModel(bank)).caughtUp();
   * for (const { name, schema, tables } of await inspectStore(store).readModels()) {
   *   console.log(name, schema, tables[0]?.name); // → bank 1 accounts
   * }
   * ```
   */
  readModels(): Promise<readonly InspectedReadModel[]>;
  /**
   * Lists the events that a consumer or a read model has set aside, in the order of positions.
   *
   * @throws `invalid-argument`, `client-outdated` for tables that were removed, `store-closed` or a storage code.
   * @example
   * ```ts
   * const parked = await inspectStore(store).parked({ consumer: "audit" });
   * console.log(parked.length); // → 0
   * ```
   */
  parked(by: ParkedBy, options?: ReadParkedOptions): Promise<readonly ParkedEvent[]>;
  /**
   * Runs one SELECT over the tables of all read models, which are called by the names given to `table`.
   *
   * @throws `invalid-argument` for a statement that is no query; `query-timeout`; `storage-unavailable` without SQL; `store-closed` or
   * another storage code.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await (await store.readModel(bank)).caughtUp();
   * const { columns, rows } = await inspectStore(store).query("SELECT name, balance FROM accounts");
   * console.log(columns, rows); // → [ 'name', 'balance' ] [ [ 'account-1', 100 ] ]
   * ```
   */
  query(text: string, options?: QueryTablesOptions): Promise<InspectedRows>;
  /**
   * Lists snapshots, of all streams and projections.
   *
   * @throws `invalid-argument`; `storage-unavailable` if the storage cannot list them; `store-closed` or another storage code.
   * @example
   * ```ts
   * const { version } = await account.append({ type: "deposited", data: { amount: 100 } });
   * await account.saveSnapshot({ projection: "balance", version, state: 100 });
   * const { snapshots } = await inspectStore(store).snapshots();
   * console.log(snapshots[0]?.projection, snapshots[0]?.state); // → balance 100
   * ```
   */
  snapshots(options?: SnapshotsOptions): Promise<InspectedSnapshots>;
  /**
   * Lists the names of the leases that have not expired: "consumer/NAME" of an active consumer, "build/NAME.SCHEMA" of who fills a
   * read model, "model/NAME.SCHEMA/ID" of each client that has one open, and "replica" of who speaks with a hub.
   *
   * @throws `store-closed` or a storage code.
   * @example
   * ```ts
   * console.log(await inspectStore(store).leases()); // → []
   * ```
   */
  leases(): Promise<readonly string[]>;
  /**
   * Resolves with what the store keeps as a replica; undefined if it follows nothing.
   *
   * @throws `store-closed` or a storage code.
   * @example
   * ```ts
   * console.log(await inspectStore(store).outbox()); // → undefined
   * ```
   */
  outbox(): Promise<InspectedOutbox | undefined>;
  /**
   * Folds events one by one, and gives the states before and after each of the newest ones.
   *
   * @throws `projection-failed` in the events before those, `unknown-event`, `upcast-failed`, `invalid-argument`, `store-closed` or a
   * storage code.
   * @example
   * ```ts
   * await account.append([{ type: "deposited", data: { amount: 5 } }, { type: "withdrawn", data: { amount: 2 } }]);
   * const { steps } = await inspectStore(store).steps(balance, { stream: "account-1" });
   * for (const { event, before, after } of steps) console.log(event.type, before, after);
   * // → deposited 0 5
   * // → withdrawn 5 3
   * ```
   */
  steps<State>(projection: Projection<State>, options?: StepsOptions): Promise<FoldedSteps<State>>;
  /**
   * Tells of every change, until the returned function is called.
   *
   * @throws `store-closed`.
   * @example
   * ```ts
   * const stop = inspectStore(store).subscribe({
   *   onChange: (head) => console.log("now at", head),
   *   onEnd: () => console.log("closed"),
   * });
   * stop();
   * ```
   */
  subscribe(listener: InspectionListener): () => void;
}
