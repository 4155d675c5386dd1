import type { AbortSignalLike } from "./platform.ts";
import type { LiveProjection, ProjectionSource } from "./projection.ts";
import type { SqlValue } from "./storage/protocol.ts";

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
  /** Every event up to this position is in its tables. */
  readonly done: number;
  /** The head that it is coming to. */
  readonly total: number;
}

export interface ReadModelOptions {
  /** Called while it catches up, after every transaction, and once when it has. */
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Aborting it ends the model with the signal's reason; what was written stays, and is gone on from. */
  readonly signal?: AbortSignalLike | undefined;
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
  /** Why it is fed no longer by this store, where that is so: `projection-failed`, or one of the storage codes. */
  readonly error: unknown;
  /**
   * Asks the tables: one SELECT, with this model's tables in it. The rows are what you say they are: give their type. Rejects
   * with `invalid-argument` for what is no query.
   */
  query<Row = Readonly<Record<string, SqlValue>>>(statement: SqlStatement): Promise<Row[]>;
  /**
   * The rows of a query, asked again whenever a transaction has changed the tables, in this store or through another: once,
   * for all who subscribe. `state` is the rows, frozen, and `position` where they stand; it ends with the model.
   */
  live<Row = Readonly<Record<string, SqlValue>>>(
    statement: SqlStatement,
    options?: { readonly signal?: AbortSignalLike | undefined },
  ): LiveProjection<readonly Row[]>;
  /**
   * Resolves with the position reached once every event up to `position` is in the tables; default: up to the head at the
   * call. Rejects when feeding stops before.
   */
  caughtUp(position?: number, options?: { readonly signal?: AbortSignalLike | undefined }): Promise<number>;
  /** Empties the tables in one transaction and fills them anew; resolves when that is done. Queries meanwhile see them grow. */
  rebuild(): Promise<void>;
  /** Feeds it no longer; the tables stay. Resolves when nothing more is written. */
  close(): Promise<void>;
}

/** Made by `defineReadModel` of `rivulet/read-models`. It brings what feeds the tables. */
export interface ReadModelDefinition {
  readonly name: string;
  readonly schema: number;
  /** For `store.readModel`. */
  open(source: ProjectionSource, options: ReadModelOptions): Promise<ReadModel>;
}
