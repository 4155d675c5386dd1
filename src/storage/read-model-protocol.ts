/** What SQL keeps. Numbers beyond 2^53 lose digits. */
export type SqlValue = string | number | Uint8Array | null;

/** A read model: tables beside the events. Their names are those in the file, which no other model's tables have. */
export interface ModelRecord {
  readonly name: string;
  readonly schema: number;
  readonly tables: readonly ModelTable[];
}

export interface ModelTable {
  readonly name: string;
  /** What stands between the parentheses of CREATE TABLE. */
  readonly columns: string;
  /** What stands between the parentheses of CREATE INDEX, for each. */
  readonly indexes: readonly string[];
}

/** How far a read model has come. */
export interface ModelState {
  /** The position up to which the tables in use stand; it never falls. */
  readonly checkpoint: number;
  /** Whether they have been at the head once: until then they are not to be asked. */
  readonly built: boolean;
  /** Raised by whatever changes them, or moves their checkpoint. */
  readonly generation: number;
  /** Up to where the tables stand that are to take their place; null: there are none. */
  readonly rebuild: number | null;
}

export interface ModelOpening extends ModelRecord {
  /** In milliseconds since the epoch: says which clients of newer schemas are still there. */
  readonly now: number;
}

export interface ModelRebuild extends ModelOpening {
  /** Stands for the code that fills the tables: what another code has begun is not gone on with. */
  readonly code: string;
}

/** Clients are known by their leases, named `model/NAME.SCHEMA/ID`: dead is one whose lease was seen unchanged for its whole duration. */
export interface ModelSweep {
  readonly name: string;
  /** What is older than this is looked at. */
  readonly schema: number;
}

/** What some events do to a read model. */
export interface ModelBatch {
  readonly name: string;
  readonly schema: number;
  /** For the tables in use, or for those that are to take their place. */
  readonly set: "used" | "fresh";
  /** The position up to which the model must stand. */
  readonly from: number;
  /** The position up to which it then stands. */
  readonly to: number;
  /** The texts of the statements, each once. */
  readonly texts: readonly string[];
  /** In order: which text, and the values that are bound to it. */
  readonly runs: readonly (readonly [text: number, values: readonly SqlValue[]])[];
  /** Events that could not be taken. */
  readonly parked: readonly NewParkedRecord[];
  /**
   * `to` was the head. Tables in use are then built. Fresh ones take their place in the same transaction, unless those in use
   * have come further in the meantime: then they go on beside them, as `rebuild` of the answer shows.
   */
  readonly completes: boolean;
  /** How long its statements may run, in milliseconds, where they can be ended: then `query-timeout`. Default: as long as they take. */
  readonly timeout?: number | undefined;
}

export interface NewParkedRecord {
  readonly position: number;
  readonly message: string;
  /** When it failed, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** An event that a read model or a consumer could not take. */
export interface ParkedRecord extends NewParkedRecord {
  /** Empty where the event is no longer stored, as is its type. */
  readonly id: string;
  readonly type: string;
  /** How often it was tried. */
  readonly attempts: number;
}

/** What a parked event does to the tables in use now. */
export interface ModelRetry {
  readonly name: string;
  readonly schema: number;
  readonly position: number;
  readonly texts: readonly string[];
  readonly runs: readonly (readonly [text: number, values: readonly SqlValue[]])[];
  /** Its handler has failed again, and so nothing is run. */
  readonly failure?: string;
  /** As for a batch. */
  readonly timeout?: number | undefined;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
}

export type ModelOutcome =
  | { readonly outcome: "applied"; readonly state: ModelState }
  /** It stood elsewhere, and nothing was done: somebody else has moved it, or this batch was sent twice. */
  | { readonly outcome: "moved"; readonly state: ModelState }
  /** One of the runs, by its index, could not be done, and so nothing was. */
  | { readonly outcome: "failed"; readonly run: number; readonly message: string };

export interface ModelQuery {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** How long it may run, in milliseconds, where it can be ended: then `query-timeout`. Default: as long as it takes. */
  readonly timeout?: number | undefined;
  /** Whose checkpoints are to be told with the rows, all as of one moment. */
  readonly models: readonly { readonly name: string; readonly schema: number }[];
}

export interface ModelRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Of the models that were asked for, in that order. */
  readonly checkpoints: readonly number[];
}

/**
 * Read models: tables and their checkpoint move in one transaction. All of this may be sent twice without harm. What concerns a
 * model whose tables are gone, because newer code has taken over, is refused with `client-outdated`.
 */
export interface ModelStorage {
  /**
   * Makes the tables where they are not there yet; tells how far they are. Refuses (`invalid-argument`) tables that are there
   * in another shape, and (`client-outdated`) to make them, or to go on making them, beside living clients of a newer schema.
   */
  openModel(opening: ModelOpening): Promise<ModelState>;
  modelState(model: { readonly name: string; readonly schema: number }): Promise<ModelState>;
  applyToModel(batch: ModelBatch): Promise<ModelOutcome>;
  /**
   * Makes a fresh set of tables, empty, which is to take the place of those in use, or finds the one that the same code has
   * begun. Refuses (`client-outdated`) to do so beside living clients of a newer schema.
   */
  beginRebuild(rebuild: ModelRebuild): Promise<ModelState>;
  /** Removes the tables of older schemas that no living client has. */
  sweepModels(sweep: ModelSweep): Promise<void>;
  /** In the order of positions. */
  listParked(model: { readonly name: string; readonly schema: number }): Promise<readonly ParkedRecord[]>;
  /** Nothing happens to what is no longer parked. What fails stays parked, with what is said of it now. */
  retryParked(retry: ModelRetry): Promise<ModelOutcome>;
  /** Refuses (`invalid-argument`) whatever would change anything. */
  queryModels(query: ModelQuery): Promise<ModelRows>;
}
