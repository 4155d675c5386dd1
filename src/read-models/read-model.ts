import type { ModelKey } from "../storage/read-model-names.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { LiveProjection } from "../projections/projection.ts";
import type { ParkedRecord, SqlValue } from "../storage/protocol.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** A table of a read model, as `table` of `rivulet/read-models` makes it. */
export interface SqlTable {
  readonly table: string;
  readonly columns: string;
  readonly indexes: readonly string[];
}

/** One statement, as the `sql` tag of `rivulet/read-models` makes it: its values are always bound, never spliced. */
export interface SqlStatement {
  readonly strings: readonly string[];
  readonly values: readonly (SqlValue | SqlTable)[];
}

/** How far a read model has come. */
export interface BuildProgress {
  /** Every event up to this position is in the tables. */
  readonly done: number;
  /** The head that they are coming to. */
  readonly total: number;
  /**
   * "building": the tables of this schema are filled for the first time, and queries wait. "catching-up": they are in use, and
   * behind. "rebuilding": others are filled to take their place. "caught-up": they are at the head.
   */
  readonly phase: "building" | "catching-up" | "rebuilding" | "caught-up";
}

export interface ReadModelOptions {
  /** Called after every transaction while it catches up, whichever client makes them, and once when it has. */
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Aborting it ends the model with the signal's reason; what was written stays, and is gone on from. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * How long the statements of one transaction may run, in milliseconds, from 1; default 10,000. Then the model stops with
   * `query-timeout`, and nothing of the transaction is written.
   */
  readonly timeout?: number | undefined;
}

export interface RebuildOptions {
  /** Called after every transaction, and once when the new tables are in use. */
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Aborting it rejects with the signal's reason, and ends the rebuild where nobody else waits for it. The old tables stay in use; the next rebuild goes on where this one ended. */
  readonly signal?: AbortSignalLike | undefined;
}

export interface QueryOptions {
  /** The read models of this store whose tables the query names; default: the one that is asked. */
  readonly reads?: readonly ReadModel[] | undefined;
  /** Aborting it rejects, or ends what is live, with the signal's reason: at once, whatever SQLite is at. */
  readonly signal?: AbortSignalLike | undefined;
  /** How long it may run, in milliseconds, from 1; default 5,000. Then it is ended, with `query-timeout`. */
  readonly timeout?: number | undefined;
}

/** An event that a read model or a consumer could not take, and has put aside. */
export interface ParkedEvent extends Omit<ParkedRecord, "id"> {
  /** Empty where the event is no longer in the database, as is its type. */
  readonly eventId: string;
}

/**
 * SQL tables in the database of the events, fed from them: each event's statements are done exactly once, in order, however
 * many stores, processes and crashes take part.
 */
export interface ReadModel extends AsyncDisposable {
  readonly name: string;
  readonly schema: number;
  /** Every event up to here is in the tables, as far as this store has seen. */
  readonly position: number;
  /**
   * Why it is fed no longer by this store, where that is so: `projection-failed`, `client-outdated` where newer code has removed
   * its tables, or one of the storage codes.
   */
  readonly error: unknown;
  /**
   * Asks the tables: one SELECT, with this model's tables in it, or those of the models that it reads. The rows are what you say
   * they are: give their type. While the tables are filled for the first time it waits. Rejects with `invalid-argument` for what
   * is no query, with `query-timeout` when it takes too long, with `client-outdated` where newer code has removed the tables, or with why they will not be filled.
   */
  query<Row = Readonly<Record<string, SqlValue>>>(statement: SqlStatement, options?: QueryOptions): Promise<Row[]>;
  /**
   * The rows of a query, asked again whenever a transaction has changed a model that it reads, in this store or through another:
   * once, for all who subscribe. `state` is the rows, frozen, and `position` where they stand; it ends with the models.
   */
  live<Row = Readonly<Record<string, SqlValue>>>(
    statement: SqlStatement,
    options?: QueryOptions,
  ): LiveProjection<readonly Row[]>;
  /**
   * Resolves with the position reached once every event up to `position` is in the tables, and these are in use; default: up to
   * the head at the call. Rejects when feeding stops before.
   */
  caughtUp(position?: number, options?: { readonly signal?: AbortSignalLike | undefined }): Promise<number>;
  /**
   * Fills fresh tables from the start, which take the place of the old ones in one transaction, and resolves then. Queries go on
   * over the old ones, which are fed meanwhile. What the same handlers had begun, here or before a crash, is gone on with; while
   * one is under way in this store, another call waits for that one.
   * Rejects with `projection-failed`, with `client-outdated` beside a newer schema of the model, or with a storage code; the old
   * tables then stay.
   */
  rebuild(options?: RebuildOptions): Promise<void>;
  /** The events that were put aside, in order, damaged ones too: see `onError` of the definition. */
  parked(): Promise<ParkedEvent[]>;
  /**
   * Tries again what was put aside, in order, each in a transaction of its own, on the tables as they are now: so after events
   * that came later. Resolves with what is still parked. Rejects at an event that cannot be read (`storage-corrupt`,
   * `upcast-failed`, `unknown-event`), which stays parked like those after it.
   */
  retryParked(): Promise<ParkedEvent[]>;
  /** Feeds it no longer; the tables stay. Resolves when nothing more is written. */
  close(): Promise<void>;
  /** For rivulet itself. */
  readonly _rivulet: ModelInside;
}

/** What a query over several models has to know of each. */
interface ModelInside {
  readonly source: StoreContext;
  readonly key: ModelKey;
  /** Its tables, and their names in the file. */
  readonly tables: ReadonlyMap<SqlTable, string>;
  /** Resolves when its tables are in use; rejects when they will not be. */
  ready(signal?: AbortSignalLike): Promise<void>;
  /** Throws where it is fed no longer. */
  ensureFed(): void;
  /** Tells of what becomes of the tables, until the result is called. */
  follow(follower: ModelFollower): () => void;
}

export interface ModelFollower {
  /** They have come further; their rows have `changed` or not. */
  moved(changed: boolean): void;
  /** They are fed no longer. */
  end(error: unknown): void;
}

/** SQL tables and how events fill them, as `defineReadModel` of `rivulet/read-models` describes it. */
export interface ReadModelDefinition {
  /** The name given to `defineReadModel`. */
  readonly name: string;
  /** The schema number of the tables and handlers, from 1. */
  readonly schema: number;
  /** For rivulet itself. */
  readonly _rivulet: ReadModelInternals;
}

/** What a definition does for the store that opens it. It carries the code that feeds the tables. */
interface ReadModelInternals {
  /** For `store.readModel`. */
  open(source: StoreContext, options: ReadModelOptions): Promise<ReadModel>;
}
