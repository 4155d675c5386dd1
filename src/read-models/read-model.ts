import type { ModelInside } from "./model-inside.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { LiveProjection } from "../projections/projection.ts";
import type { ParkedRecord, PerDialect, SqlValue } from "../storage/protocol.ts";
import type { QueryFor } from "./query-types.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** A table of a read model, made by `table` of `rivulet/read-models`. `Row` is the type of its rows, for `RowOf`. */
export interface SqlTable<Row = Readonly<Record<string, SqlValue>>> {
  /** The table's name within its read model. */
  readonly table: string;
  /** The column definitions of CREATE TABLE. */
  readonly columns: string | PerDialect<string>;
  /** The columns of each index. */
  readonly indexes: readonly string[] | PerDialect<readonly string[]>;
  /** For the compiler alone. */
  readonly _rivulet?: { readonly row: Row } | undefined;
}

/** One SQL statement, made by the `sql` tag of `rivulet/read-models`. Its values are always bound, never spliced into the text. */
export interface SqlStatement {
  /** The pieces of text around the values. */
  readonly strings: readonly string[];
  /** The values and tables between the pieces. */
  readonly values: readonly (SqlValue | SqlTable)[];
}

/** A statement for every store, or one for each dialect of SQL where they differ: ``{ sqlite: sql`…`, postgres: sql`…` }``. */
export type SqlText = SqlStatement | PerDialect<SqlStatement>;

/** The progress of a read model. */
export interface BuildProgress {
  /** The position up to which every event is in the tables. */
  readonly done: number;
  /** The head, which the tables are approaching. */
  readonly total: number;
  /**
   * "building": the tables are filled for the first time, and queries wait. "catching-up": the tables are in use and behind the head.
   * "rebuilding": new tables are filled, to replace them. "caught-up": the tables are at the head.
   */
  readonly phase: "building" | "catching-up" | "rebuilding" | "caught-up";
}

/** How to open a read model. */
export interface ReadModelOptions {
  /** Called after every transaction while the model catches up, whichever process makes it, and once when it has caught up. */
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Aborting it ends the model with the signal's reason. Its tables stay, and opening it again continues from there. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * The longest time for the statements of one transaction, in milliseconds, from 1; default 10,000. After that the model stops with
   * `query-timeout`, and the transaction is rolled back.
   */
  readonly timeout?: number | undefined;
}

/** How to rebuild a read model. */
export interface RebuildOptions {
  /** Called after every transaction, and once when the new tables are in use. */
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /**
   * Aborting it rejects with the signal's reason, and ends the rebuild if no other call waits for it. The old tables stay in use; the
   * next rebuild continues where this one ended.
   */
  readonly signal?: AbortSignalLike | undefined;
}

/** How to run a query. */
export interface QueryOptions {
  /** The read models whose tables the query uses, all of this store; default: this one. */
  readonly reads?: readonly ReadModel[] | undefined;
  /** Aborting it rejects the query, or ends the live query, with the signal's reason, without waiting for SQLite. */
  readonly signal?: AbortSignalLike | undefined;
  /** The longest time for the query, in milliseconds, from 1; default 5,000. After that it is interrupted with `query-timeout`. */
  readonly timeout?: number | undefined;
}

/** An event that a read model or a consumer failed to handle and has set aside. */
export interface ParkedEvent extends Omit<ParkedRecord, "id"> {
  /** The event's id. If the event is missing in a damaged database, the id and the type are empty. */
  readonly eventId: string;
}

/**
 * SQL tables in the same database, which are kept up to date with the events. The statements of each event are executed exactly once
 * and in order, across processes and crashes.
 */
export interface ReadModel extends AsyncDisposable {
  /** The name given to `defineReadModel`. */
  readonly name: string;
  /** The schema number given to `defineReadModel`. */
  readonly schema: number;
  /** The position up to which every event is in the tables, as far as this store knows. */
  readonly position: number;
  /**
   * The error that ended the updates of this store: `projection-failed`, `query-timeout`, `client-outdated` if newer code has replaced
   * the tables, `store-closed` or a storage code.
   */
  readonly error: unknown;
  /**
   * Resolves when the read model or the store is closed. Nothing is printed if nobody waits for it.
   *
   * @throws the `error` that ended the updates, such as `projection-failed` or `storage-full`.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * model.ended.catch((error: unknown) => console.error("the tables are no longer updated:", error));
   * ```
   */
  readonly ended: Promise<void>;
  /**
   * Runs one SELECT over the tables of this model, or of the models in `reads`. While the tables are filled for the first time, it
   * waits. A model that has stopped still answers, with the rows as they were when it stopped: see `error` and `ended`. `Row` is not
   * checked: it is the type of the selected columns, such as `RowOf<typeof accounts>` for all of a table, and that of the query
   * with `rivulet/kysely`.
   *
   * @throws `invalid-argument` for a statement that is no query, or has two columns of one name; `query-timeout`; `client-outdated` if
   * newer code has replaced the tables; `store-closed` or a storage code such as `storage-busy`; the model's `error`, such as
   * `projection-failed`, if it ends while the tables are filled.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await model.caughtUp();
   * console.log(await model.query<{ name: string }>(sql`SELECT name FROM ${accounts}`)); // → [ { name: 'account-1' } ]
   * ```
   */
  query<Row = Readonly<Record<string, SqlValue>>>(statement: QueryFor<Row>, options?: QueryOptions): Promise<Row[]>;
  /**
   * Keeps the rows of a query up to date: the query runs again after every transaction that changes a model it reads, by whatever
   * process. `state` holds the rows, frozen. It ends with the models.
   *
   * @throws `invalid-argument` for a statement or option that is invalid; `store-closed`; the model's `error`, such as
   * `projection-failed`, if it has ended. Later failures end the live query and are in its `error`.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * const live = model.live(sql`SELECT name, balance FROM ${accounts}`);
   * const { position } = await account.append({ type: "deposited", data: { amount: 100 } });
   * console.log((await live.caughtUp(position)).state); // → [ { name: 'account-1', balance: 100 } ]
   * ```
   */
  live<Row = Readonly<Record<string, SqlValue>>>(
    statement: QueryFor<Row>,
    options?: QueryOptions,
  ): LiveProjection<readonly Row[]>;
  /**
   * Resolves with the model's position once every event up to `position` is in the tables and the tables are in use; default: up to
   * the head at the time of the call.
   *
   * @throws `invalid-argument` for an invalid position; the model's `error` if it ends first: `projection-failed`, `client-outdated`,
   * `store-closed` or a storage code such as `storage-full`.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * const { position } = await account.append({ type: "deposited", data: { amount: 100 } });
   * console.log(await model.caughtUp(position)); // → 1
   * ```
   */
  caughtUp(position?: number, options?: { readonly signal?: AbortSignalLike | undefined }): Promise<number>;
  /**
   * Fills new tables from the whole history, and then replaces the old ones in one transaction. Meanwhile queries use the old tables,
   * which stay up to date. A rebuild that was interrupted is continued, if the handlers are the same; a second call waits for the
   * rebuild that is running.
   *
   * @throws `projection-failed`, `query-timeout`, `client-outdated` beside a newer schema of the model, `invalid-argument`,
   * `store-closed` or a storage code such as `storage-full`. The old tables then stay in use.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await model.rebuild();
   * const rows = await model.query(sql`SELECT * FROM ${accounts}`);
   * console.log(rows.length); // → 1
   * ```
   */
  rebuild(options?: RebuildOptions): Promise<void>;
  /**
   * Resolves with the parked events, in order, including damaged ones. Events are parked if the definition's `onError` is "park".
   *
   * @throws `client-outdated`, `store-closed` or a storage code such as `storage-busy`.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * for (const { position, message } of await model.parked()) {
   *   console.log(position, message);
   * }
   * ```
   */
  parked(): Promise<ParkedEvent[]>;
  /**
   * Handles the parked events again, in order, each in its own transaction and on the current tables, so after later events. Resolves
   * with the events that are still parked.
   *
   * @throws `storage-corrupt`, `upcast-failed` or `unknown-event` at an event that cannot be read; that event and the later ones stay
   * parked. `client-outdated`, `store-closed` or another storage code.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * const left = await model.retryParked();
   * console.log(left.length); // → 0
   * ```
   */
  retryParked(): Promise<ParkedEvent[]>;
  /**
   * Stops updating the tables, which stay in the database. Resolves once the last transaction has ended.
   *
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * await model.close();
   * await store.readModel(bank); // continues where it ended
   * ```
   */
  close(): Promise<void>;
  /** For rivulet itself. */
  readonly _rivulet: ModelInside;
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

/** What a definition does for the store that opens it. It carries the code that keeps the tables up to date. */
interface ReadModelInternals {
  /** Implements `store.readModel`. */
  open(context: StoreContext, options: ReadModelOptions): Promise<ReadModel>;
}
