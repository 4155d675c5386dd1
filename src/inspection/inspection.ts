import type { Projection } from "../projections/projection.ts";
import type { ParkedEvent } from "../read-models/read-model.ts";
import type { EventReader, ReadAllOptions } from "../read/read.ts";
import type {
  FoldedSteps,
  InspectedConsumer,
  InspectedOutbox,
  InspectedReadModel,
  InspectedRows,
  InspectedSnapshots,
  ParkedBy,
  QueryTablesOptions,
  ReadParkedOptions,
  SnapshotsOptions,
  StepsOptions,
} from "./records.ts";

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
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed` or a storage code such as
   * `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const [event] = await inspectStore(store).read({ limit: 1 }).toArray();
   * console.log(event?.type, event?.schemaVersion); // → deposited 1
   * ```
   */
  read(options?: ReadAllOptions): EventReader;
  /**
   * Lists the consumers that are active, and those with a checkpoint or parked events, whether they run or not.
   *
   * @throws `storage-unavailable` if the storage cannot list them; `store-closed` or another storage code.
   * @example
   * ```ts
   * await store.consume(audit).caughtUp();
   * const consumers = await inspectStore(store).consumers();
   * for (const { name, active } of consumers) console.log(name, active); // → audit true
   * ```
   */
  consumers(): Promise<readonly InspectedConsumer[]>;
  /**
   * Lists the read models whose tables are in the store, also those of older schemas.
   *
   * @throws `storage-unavailable` if the storage cannot list them; `store-closed` or another storage code.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * await model.caughtUp();
   * const models = await inspectStore(store).readModels();
   * console.log(models[0]?.name, models[0]?.tables[0]?.name); // → bank accounts
   * ```
   */
  readModels(): Promise<readonly InspectedReadModel[]>;
  /**
   * Lists the events that a consumer or a read model has set aside, in the order of positions.
   *
   * @throws `invalid-argument`, `client-outdated` for tables that were removed, `store-closed` or a storage code such as
   * `storage-busy`.
   * @example
   * ```ts
   * await store.consume(audit).caughtUp();
   * const inspection = inspectStore(store);
   * const parked = await inspection.parked({ consumer: "audit" });
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
   * const model = await store.readModel(bank);
   * await model.caughtUp();
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
   * @throws `store-closed` or a storage code such as `storage-busy`.
   * @example
   * ```ts
   * await store.consume(audit).caughtUp();
   * const leases = await inspectStore(store).leases();
   * console.log(leases); // → [ 'consumer/audit' ]
   * ```
   */
  leases(): Promise<readonly string[]>;
  /**
   * Resolves with what the store keeps as a replica; undefined if it follows nothing.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`.
   * @example
   * ```ts
   * const outbox = await inspectStore(store).outbox();
   * const waiting = outbox?.entries.filter(({ rejected }) => rejected === undefined) ?? [];
   * for (const { streams, body } of waiting) console.log(streams, body);
   * ```
   */
  outbox(): Promise<InspectedOutbox | undefined>;
  /**
   * Folds events one by one, and gives the states before and after each of the newest ones.
   *
   * @throws `projection-failed` in the events before those, `unknown-event`, `upcast-failed`, `invalid-argument`,
   * `store-closed` or a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append([{ type: "deposited", data: { amount: 5 } }, { type: "withdrawn", data: { amount: 2 } }]);
   * const inspection = inspectStore(store);
   * const { steps } = await inspection.steps(balance, { stream: "account-1" });
   * for (const { before, after } of steps) console.log(before, after);
   * // → 0 5
   * // → 5 3
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
