import type { AppendAllOptions, AppendResult, StreamAppend } from "../append/append.ts";
import type { Consumer, ConsumeOptions, ConsumerDefinition } from "../consumers/consumer.ts";
import type { ImportResult } from "../errors.ts";
import type { Event, EventsOfType } from "../event.ts";
import type { TextFormat, ImportOptions, ImportSource } from "../ndjson/text-format.ts";
import type { LiveProjection, Projection, ProjectOptions } from "../projections/projection.ts";
import type { ReadModel, ReadModelDefinition, ReadModelOptions } from "../read-models/read-model.ts";
import type { StorageInfo } from "../storage/protocol.ts";
import type { EventWatcher, WatchAllOptions } from "../subscriptions/watch.ts";
import type { EventStream } from "./event-stream.ts";
import type { StreamList, StreamsOptions } from "./list-streams.ts";
import type { PastView } from "./past-view.ts";
import type { Readers } from "./read-verbs.ts";

/**
 * An event store: streams of events in one database. `Known` is the union of the events that the store was opened with; calls
 * that name no event type of their own use it. Once the store is closed, every call fails with `store-closed`.
 */
export interface EventStore<Known extends Event = Event> extends Readers<Known>, AsyncDisposable {
  /**
   * Returns a handle on one stream. It touches nothing: the stream exists from its first event on.
   *
   * @throws `invalid-argument` for an invalid name (1–255 characters, not starting with $ or @); `store-closed`.
   * @example
   * ```ts
   * type AccountEvent = Event<"deposited", { amount: number }> | Event<"withdrawn", { amount: number }>;
   * const account = store.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * ```
   */
  stream<E extends Event = Known>(name: string): EventStream<E>;
  /**
   * Appends to several streams: all of the entries, or none. Entries are appended in order, and later ones see earlier ones.
   * Resolves with one result for each entry once all events are on disk.
   *
   * @throws `version-conflict`, `event-id-conflict`, `invalid-event`, `invalid-argument`, `store-closed`, `outcome-unknown` or a
   * storage code such as `storage-full`.
   * @example
   * ```ts
   * await store.append([
   *   { stream: "account-1", events: { type: "withdrawn", data: { amount: 10 } } },
   *   { stream: "account-2", events: { type: "deposited", data: { amount: 10 } }, expectedVersion: "no-stream" },
   * ]);
   * ```
   */
  append<E extends Event = Known>(
    entries: NoInfer<readonly StreamAppend<E>[]>,
    options?: AppendAllOptions,
  ): Promise<AppendResult<E>[]>;
  /**
   * Watches the whole store, or the events that a filter selects: first the history, then new events as they are appended.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with `store-closed`, `unknown-event`, `upcast-failed` or
   * a storage code such as `storage-corrupt`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * for await (const event of store.watch({ types: ["deposited"] })) {
   *   console.log(event.position, event.stream); // → 1 account-1
   *   break; // else the loop waits for the next event
   * }
   * ```
   */
  watch<E extends Event = Known, const Type extends E["type"] = E["type"]>(
    options?: WatchAllOptions<Type>,
  ): EventWatcher<EventsOfType<E, Type>>;
  /**
   * Keeps a state up to date with one stream, with the events that a filter selects, or with the whole store.
   *
   * @throws `invalid-argument` or `store-closed`; `projection-failed` if the initial state cannot be made. Later failures end
   * the projection and are in `LiveProjection.error`.
   * @example
   * ```ts
   * const live = store.project(balance, { stream: "account-1" });
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * console.log((await live.caughtUp()).state); // → 100
   * ```
   */
  project<State>(projection: Projection<State>, options?: ProjectOptions): LiveProjection<State>;
  /**
   * Opens a read model, which is SQL tables in the same database, and keeps it up to date.
   *
   * @throws `invalid-argument` or `store-closed`; `storage-unavailable` if the storage has no SQL; `client-outdated` if newer
   * code has replaced the tables; any other storage code, such as `storage-busy`.
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await model.caughtUp();
   * console.log(await model.query(sql`SELECT balance FROM ${accounts}`)); // → [ { balance: 100 } ]
   * ```
   */
  readModel(definition: ReadModelDefinition, options?: ReadModelOptions): Promise<ReadModel>;
  /**
   * Starts a consumer: its handler gets every event, or those that its filter selects, in order and at least once, from the
   * checkpoint on.
   *
   * @throws `invalid-argument`, also if a consumer of this name runs in this store already; `store-closed`. Later failures end
   * the consumer and are in `Consumer.error`.
   * @example
   * ```ts
   * const log = defineConsumer({ name: "log", handler: ({ type }) => console.log(type) }); // → deposited
   * const consumer = store.consume(log);
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await consumer.caughtUp();
   * ```
   */
  consume(definition: ConsumerDefinition, options?: ConsumeOptions): Consumer;
  /**
   * Shows the store as it was at a position, or at a time. A number is always a position, from 0 on; one beyond the head shows all
   * events, but one that can only be a time, such as `Date.now()`, is refused. A `Date` includes every event recorded up to then.
   *
   * @throws `invalid-argument` or `store-closed`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * await account.append({ type: "withdrawn", data: { amount: 30 } });
   * console.log((await store.at(1).stream("account-1").load(balance)).state); // → 100
   * ```
   */
  at(place: number | Date): PastView<Known>;
  /**
   * Appends the events of an export. An event whose id is stored already is skipped, so an import that was cut off is simply
   * repeated. Events keep their timestamps as long as these do not decrease; one append may become several.
   *
   * @throws `import-failed` at the first invalid line, after the lines before it were stored; `invalid-argument`, `store-closed`
   * or a storage code such as `storage-full`. Also rejects with the source's own error.
   * @example
   * ```ts
   * const copy = await openEventStore(memory());
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const { imported } = await copy.importEvents(ndjson, store.exportEvents(ndjson));
   * console.log(imported); // → 1
   * ```
   */
  importEvents(format: TextFormat, events: ImportSource, options?: ImportOptions): Promise<ImportResult>;
  /**
   * Lists the streams with their versions, in the order of their first events.
   *
   * @throws `invalid-argument` or `store-closed`. Iterating rejects with a storage code such as `storage-busy`.
   * @example
   * ```ts
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * const streams = await store.streams({ prefix: "account-" }).toArray();
   * console.log(streams); // → [ { name: 'account-1', version: 1 } ]
   * ```
   */
  streams(options?: StreamsOptions): StreamList;
  /**
   * Resolves with the newest position; 0 in an empty store.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`.
   * @example
   * ```ts
   * console.log(await store.head()); // → 0
   * await account.append({ type: "deposited", data: { amount: 100 } });
   * console.log(await store.head()); // → 1
   * ```
   */
  head(): Promise<number>;
  /**
   * Tells where events are kept and how durably.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`.
   * @example
   * ```ts
   * const { backend, durability } = await store.info();
   * if (backend === "memory") console.log("lost with this process:", durability);
   * // → lost with this process: none
   * ```
   */
  info(): Promise<StorageInfo>;
  /**
   * Closes the store: refuses new calls, commits the appends that it accepted, ends reads and watchers with `store-closed`, waits
   * for consumers' handlers, and closes the database.
   *
   * @throws `worker-lost` if the worker that has the database ends before it has closed it.
   * @example
   * ```ts
   * const appended = account.append({ type: "deposited", data: { amount: 100 } });
   * await store.close();
   * console.log((await appended).version); // → 1
   * ```
   */
  close(): Promise<void>;
}
