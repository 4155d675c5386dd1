import type { Event } from "../../event.ts";
import type { StreamAppend } from "../../append/append.ts";
import type { AbortSignalLike } from "../../platform.ts";
import type { LiveProjection } from "../../projections/projection.ts";
import type { QueryFor } from "../../read-models/query-types.ts";
import type { ReadModel } from "../../read-models/read-model.ts";
import type { SqlValue } from "../../storage/protocol.ts";
import type { PendingRows } from "./queries/ask-pending.ts";
import type { PendingQueryOptions } from "./pending-queries.ts";
import type { ReplicaReads } from "./reading/reads.ts";
import type { FollowedStreams, OutboxItem, ReplicaNews, ReplicaStatus, UnfollowOptions } from "./status/status.ts";
import type { Queued, QueueAppendAllOptions, ReplicaStream } from "./stream-methods.ts";

/** A store's side of a hub's streams: confirmed events are the store's, and what is pending is in an outbox in the same file. */
export interface Replica extends ReplicaReads, AsyncDisposable {
  /**
   * Returns a handle on a followed stream.
   *
   * @throws `invalid-argument` if the name is not one of a stream.
   *
   * @example
   * ```ts
   * const account = replica.stream<AccountEvent>("account-1");
   * await account.append({ type: "deposited", data: { amount: 5 } });
   * console.log(await account.load(balance)); // → { state: 5, version: 1, pending: 1 }
   * ```
   */
  stream<E extends Event = Event>(name: string): ReplicaStream<E>;
  /**
   * Queues events of several followed streams for the hub, which appends all of them or none. Resolves once they are durable here.
   *
   * @throws `version-conflict` if a stream has another version than expected, with what is pending; `invalid-argument` for a
   * stream that is not followed; `invalid-event`, `outbox-full`, `store-closed` or a storage code such as `storage-full`.
   *
   * @example
   * ```ts
   * await replica.follow({ streamPrefixes: ["account-"] });
   * const from = { stream: "account-1", events: { type: "withdrawn", data: { amount: 5 } } };
   * const to = { stream: "account-2", events: { type: "deposited", data: { amount: 5 } } };
   * const { confirmed } = await replica.append([from, to]);
   * console.log((await confirmed).map(({ stream }) => stream)); // → [ 'account-1', 'account-2' ]
   * ```
   */
  append<E extends Event = Event>(
    entries: readonly StreamAppend<NoInfer<E>>[],
    options?: QueueAppendAllOptions,
  ): Promise<Queued<E>>;
  /**
   * Runs one SELECT over the tables of a read model of this store, as they would be if what is pending were stored now. Nothing of
   * that is kept, or visible to anybody else: the tables are made of confirmed events only. A pending event that the model cannot
   * handle is left out. A model that has stopped answers from its tables alone, with `pending: 0`.
   *
   * With something pending, a query of a file takes the write lock for as long as it runs. One that may be endless, because it is
   * recursive or compares all rows of two tables, runs in Node on copies of the tables, so that nobody waits for it. In a browser, all
   * tabs wait for a query, as for those of the model itself. The time limit is at most 10 seconds.
   *
   * @throws `invalid-argument` for a statement that is no query, or a read model of another store; `query-timeout`; `storage-busy` while others write; `client-outdated`, `store-closed` or another storage code; the signal's reason.
   *
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * const { rows, pending } = await replica.query(model, sql`SELECT balance FROM ${accounts}`);
   * console.log(rows, pending); // → [ { balance: 5 } ] 1
   * ```
   */
  query<Row = Readonly<Record<string, SqlValue>>>(
    readModel: ReadModel,
    statement: QueryFor<Row>,
    options?: PendingQueryOptions,
  ): Promise<PendingRows<Row>>;
  /**
   * Keeps the rows of a query with what is pending up to date: it runs again when the tables change, or what is pending for them. It
   * ends with the model and with the replica.
   *
   * @throws `invalid-argument`, `store-closed`, or the model's `error` if it has ended. Later failures are in `error`.
   *
   * @example
   * ```ts
   * const model = await store.readModel(bank);
   * const live = replica.live(model, sql`SELECT balance FROM ${accounts}`);
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * for await (const { state } of live) if (state.pending === 1) break;
   * console.log(live.state.rows); // → [ { balance: 5 } ]
   * ```
   */
  live<Row = Readonly<Record<string, SqlValue>>>(
    readModel: ReadModel,
    statement: QueryFor<Row>,
    options?: PendingQueryOptions,
  ): LiveProjection<PendingRows<Row>>;
  /** How this client stands with the hub. Changes are told to the listeners of `subscribe`. */
  readonly status: ReplicaStatus;
  /**
   * Calls the listener when the status, the outbox or the confirmed events have changed, until the returned function is called.
   *
   * @example
   * ```ts
   * const stop = replica.subscribe(({ rejected }) => {
   *   for (const { streams, rejected: reason } of rejected) console.error(streams, reason?.message);
   * });
   * stop();
   * ```
   */
  subscribe(listener: (news: ReplicaNews) => void): () => void;
  /**
   * Lists the commands and appends that the hub has not confirmed, in their order. A command that throws when it is decided again on the
   * newest events has its `error`: it is in doubt, and the hub may still decide otherwise.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`.
   *
   * @example
   * ```ts
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * for (const { streams, entry } of await replica.pending()) {
   *   console.log(streams, entry.kind); // → [ 'account-1' ] append
   * }
   * ```
   */
  pending(): Promise<readonly OutboxItem[]>;
  /**
   * Lists the commands and appends that the hub has refused, until they are retried or discarded.
   *
   * @throws `store-closed` or a storage code such as `storage-busy`.
   *
   * @example
   * ```ts
   * for (const { id, rejected } of await replica.rejected()) {
   *   console.log(rejected?.message);
   *   await replica.discard(id);
   * }
   * ```
   */
  rejected(): Promise<readonly OutboxItem[]>;
  /**
   * Queues a rejected command or append again, under a new key. Resolves with its new id.
   *
   * @throws `invalid-argument` if none with this id is rejected; `outbox-full`, `store-closed` or a storage code such as
   * `storage-full`.
   *
   * @example
   * ```ts
   * for (const { id, rejected } of await replica.rejected()) {
   *   if (rejected?.code === "version-conflict") await replica.retry(id);
   * }
   * ```
   */
  retry(id: string): Promise<string>;
  /**
   * Drops a rejected command or append.
   *
   * @throws `invalid-argument` if it is pending; `store-closed` or a storage code such as `storage-busy`.
   *
   * @example
   * ```ts
   * for (const { id } of await replica.rejected()) {
   *   await replica.discard(id);
   * }
   * ```
   */
  discard(id: string): Promise<void>;
  /**
   * Resolves once nothing is pending.
   *
   * @throws the signal's reason once it is aborted; `store-closed` or a storage code such as `storage-busy`.
   *
   * @example
   * ```ts
   * await replica.stream("account-1").append({ type: "deposited", data: { amount: 5 } });
   * await replica.flush();
   * console.log((await replica.pending()).length); // → 0
   * ```
   */
  flush(signal?: AbortSignalLike): Promise<void>;
  /**
   * Follows further streams. Their history is fetched, and then their new events. What was unfollowed before goes on where it stopped.
   *
   * @throws `invalid-argument`, `store-closed` or a storage code such as `storage-busy`.
   *
   * @example
   * ```ts
   * await replica.follow({ streamPrefixes: ["order-"] });
   * const order = replica.stream("order-7");
   * await order.append({ type: "placed" });
   * ```
   */
  follow(streams: FollowedStreams): Promise<void>;
  /**
   * Follows streams no longer. Their events stay in the store and can be read; appends to them are still refused with `stream-followed`,
   * because their order is the hub's, and following them again goes on from there. A prefix takes all followed streams under it with it.
   *
   * @throws `invalid-argument` if something of these streams is pending, unless `discardPending` is set, or if a stream is
   * followed through a prefix; `store-closed` or a storage code such as `storage-full`.
   *
   * @example
   * ```ts
   * const { gone } = replica.status;
   * await replica.unfollow({ streams: gone, discardPending: true });
   * console.log(replica.status.pending); // → 0
   * ```
   */
  unfollow(streams: UnfollowOptions): Promise<void>;
  /**
   * Connects and sends at once instead of after the current pause, and connects again if the hub has been silent. A page does so by
   * itself when the network is back and when it is shown.
   *
   * @example
   * ```ts
   * function onNetworkBack() {
   *   replica.hurry();
   * }
   * ```
   */
  hurry(): void;
  /**
   * Stops speaking with the hub, and ends watches and live states with `store-closed`. The store stays open, and what is pending is kept.
   *
   * @example
   * ```ts
   * await replica.close();
   * console.log(replica.status.connection); // → stopped
   * console.log(await store.head()); // → 0
   * ```
   */
  close(): Promise<void>;
}
