/** A value that SQLite stores. Numbers beyond 2^53 lose digits. */
export type SqlValue = string | number | Uint8Array | null;

/** What differs between dialects of SQL. A store whose dialect is missing refuses it. */
export type PerDialect<T> =
  | { readonly sqlite: T; readonly postgres?: T | undefined }
  | { readonly sqlite?: T | undefined; readonly postgres: T };

/** How the SQL of read models is written for a storage other than SQLite. */
export interface SqlDialect {
  readonly name: keyof PerDialect<unknown>;
  /**
   * Composes a statement of its pieces, and of what stands between them: the names of tables, and undefined for values.
   *
   * @throws `invalid-argument` for a text that is not one statement.
   */
  compose(pieces: readonly string[], names: readonly (string | undefined)[]): string;
  /** Translates columns that are written for all dialects. @throws `invalid-argument`. */
  translateColumns(table: string, columns: string): string;
}

/** A read model and its tables. Their names in the file are unique to the model. */
export interface ModelRecord {
  readonly name: string;
  readonly schema: number;
  readonly tables: readonly ModelTable[];
}

/** A table of a read model. */
export interface ModelTable {
  readonly name: string;
  /** The column definitions of CREATE TABLE. */
  readonly columns: string;
  /** The columns of CREATE INDEX, for each index. */
  readonly indexes: readonly string[];
}

/** The progress of a read model. */
export interface ModelState {
  /** The position of the tables in use, which never decreases. */
  readonly checkpoint: number;
  /** Whether the tables have caught up with the head once. Until then they must not be queried. */
  readonly built: boolean;
  /** Rises with every change of the tables or their checkpoint. */
  readonly generation: number;
  /** The position of the tables of a rebuild; null if there is none. */
  readonly rebuild: number | null;
}

/** Opens a read model. */
export interface ModelOpening extends ModelRecord {
  /** The client's time, in milliseconds since the epoch, which tells whether clients of newer schemas are alive. */
  readonly now: number;
}

/** Begins or continues a rebuild. */
export interface ModelRebuild extends ModelOpening {
  /** A digest of the handlers' code. A rebuild that other code has begun is not continued. */
  readonly code: string;
}

/** Clients are known by their leases, named `model/NAME.SCHEMA/ID`: dead is one whose lease was seen unchanged for its whole duration. */
export interface ModelSweep {
  readonly name: string;
  /** Tables of older schemas than this may be removed. */
  readonly schema: number;
}

/** The statements of some events for a read model. */
export interface ModelBatch {
  readonly name: string;
  readonly schema: number;
  /** The tables in use, or those of a rebuild. */
  readonly set: "used" | "fresh";
  /** The position that the tables must have. */
  readonly from: number;
  /** The position of the tables afterwards. */
  readonly to: number;
  /** The distinct texts of the statements. */
  readonly texts: readonly string[];
  /** The statements in order: the index of a text, and the values to bind. */
  readonly runs: readonly (readonly [text: number, values: readonly SqlValue[]])[];
  /** Events to park. */
  readonly parked: readonly NewParkedRecord[];
  /**
   * Whether `to` is the head. Tables in use are then built. Tables of a rebuild replace those in use in the same transaction, unless
   * those have a later position: then the rebuild goes on, as `rebuild` of the answer shows.
   */
  readonly completes: boolean;
  /** The longest time for the statements, in milliseconds, before `query-timeout`, if the storage can interrupt them. Default: none. */
  readonly timeout?: number | undefined;
}

/** An event to park. */
export interface NewParkedRecord {
  readonly position: number;
  readonly message: string;
  /** When the event failed, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** An event that a read model or a consumer has parked. */
export interface ParkedRecord extends NewParkedRecord {
  /** Empty where the event is no longer stored, as is its type. */
  readonly id: string;
  readonly type: string;
  /** The number of attempts. */
  readonly attempts: number;
}

/** The statements of a parked event, for the tables in use. */
export interface ModelRetry {
  readonly name: string;
  readonly schema: number;
  readonly position: number;
  readonly texts: readonly string[];
  readonly runs: readonly (readonly [text: number, values: readonly SqlValue[]])[];
  /** The message of the handler's error, if it has failed again: then no statement is run. */
  readonly failure?: string;
  /** As in {@link ModelBatch}. */
  readonly timeout?: number | undefined;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
}

/** The outcome of a batch or a retry. */
export type ModelOutcome =
  | { readonly outcome: "applied"; readonly state: ModelState }
  /** The tables were not at `from`, and nothing was done: another client has moved them, or the batch was sent twice. */
  | { readonly outcome: "moved"; readonly state: ModelState }
  /** A statement failed, given by its index in `runs`, and nothing was done. */
  | { readonly outcome: "failed"; readonly run: number; readonly message: string };

/** Asks for the rows of a query. */
export interface ModelQuery {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** The longest time for the query, in milliseconds, before `query-timeout`, if the storage can interrupt it. Default: none. */
  readonly timeout?: number | undefined;
  /** The models whose checkpoints to return, as of the same moment as the rows. */
  readonly models: readonly { readonly name: string; readonly schema: number }[];
  /** What the query sees on top of the tables: one overlay for each model. Nothing of them is kept, nor visible to others. */
  readonly overlays?: readonly ModelOverlay[] | undefined;
}

/** The statements of events that are not in a model's tables, which are rolled back after a query. */
export interface ModelOverlay {
  /** The overlay is of no use for tables whose checkpoint is beyond this position. */
  readonly upTo: number;
  /** The distinct texts of the statements. */
  readonly texts: readonly string[];
  /** The statements in order, as in {@link ModelBatch}. */
  readonly runs: readonly (readonly [text: number, values: readonly SqlValue[]])[];
  /** The events in order: the position of each, and the number of its statements. Those up to the tables' checkpoint are left out. */
  readonly events: readonly (readonly [position: number, runs: number])[];
}

/** An event of an overlay whose statements failed, and were left out. */
export interface FailedOverlay {
  /** The indexes of the overlay, and of the event in it. */
  readonly overlay: number;
  readonly event: number;
  readonly message: string;
}

/** The rows of a query. */
export interface ModelRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** The checkpoints of the models that the query names, in that order. */
  readonly checkpoints: readonly number[];
  /** The events of the overlays that were left out; "moved" if a checkpoint is beyond its overlay: then nothing was run. */
  readonly overlaid?: "moved" | readonly FailedOverlay[];
}

/**
 * Read models: tables and their checkpoint change in one transaction. Every call may be sent twice without harm. Calls about a model
 * whose tables newer code has removed are refused with `client-outdated`.
 */
export interface ModelStorage {
  /**
   * Creates the tables if they are missing, and resolves with their progress.
   *
   * @throws `invalid-argument` if the tables exist in another shape; `client-outdated` if they are missing or unfinished while clients
   * of a newer schema are alive.
   */
  openModel(opening: ModelOpening): Promise<ModelState>;
  /** Resolves with the progress of a read model. */
  modelState(model: { readonly name: string; readonly schema: number }): Promise<ModelState>;
  /** Executes the statements of a batch and moves the checkpoint, in one transaction. */
  applyToModel(batch: ModelBatch): Promise<ModelOutcome>;
  /**
   * Creates empty tables to replace those in use, or finds those that the same code has begun to fill.
   *
   * @throws `client-outdated` while clients of a newer schema are alive.
   */
  beginRebuild(rebuild: ModelRebuild): Promise<ModelState>;
  /** Removes the tables of older schemas that no living client uses. */
  sweepModels(sweep: ModelSweep): Promise<void>;
  /** Resolves with the parked events, in the order of positions. */
  listParked(model: { readonly name: string; readonly schema: number }): Promise<readonly ParkedRecord[]>;
  /** Executes the statements of a parked event and unparks it. One that fails stays parked, with the new message. */
  retryParked(retry: ModelRetry): Promise<ModelOutcome>;
  /**
   * Runs a query, with overlays in a transaction that is rolled back. `onGivenUp` registers a listener that is called when nobody waits
   * for the answer any more, so that the query may be interrupted; it returns a function that removes the listener.
   *
   * @throws `invalid-argument` for a statement that could change anything; `query-timeout`.
   */
  queryModels(query: ModelQuery, onGivenUp?: (interrupt: () => void) => () => void): Promise<ModelRows>;
}

/** The SQL of a storage. */
export interface SqlStorage {
  /** Read models. Absent if the storage has no SQL. */
  readonly models?: ModelStorage;
  /** The dialect of their SQL, if it is not SQLite's. */
  readonly dialect?: SqlDialect;
}
