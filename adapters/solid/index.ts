import type { Accessor } from "solid-js";
import type { EventStore, Projection, ProjectOptions } from "../../src/index.ts";
import type { QueryFor, QueryOptions, ReadModel, SqlValue } from "../../src/index.ts";
import type { KeepingStore, LastKnown } from "../../src/projections/index.ts";
import type { Replica, ReplicaStatus } from "../../src/sync/index.ts";
import { projectionOf, queryOf, statusOf } from "../bindings/live.ts";
import type { AnyProjection, AnyProjectOptions, AnyQueryOptions, Projecting, Queried } from "../bindings/live.ts";
import type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";
import { valueOf } from "../bindings/source.ts";
import { follow, given, type Given } from "./follow.ts";

export type { RunCommand } from "../bindings/command.ts";
export type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";
export type { Given } from "./follow.ts";

/**
 * Returns an accessor of a projection's state, which is kept up to date until its owner is disposed of. Without a store, and on a
 * server, it is the initial state. Of a replica, it is the state with what is pending, and without it as `confirmed`. With a
 * `lastKnown` of `rivulet/projections` in place of the projection, it is the last known state until the history is read.
 *
 * @throws where the accessor is called, for an `ErrorBoundary`: `projection-failed`, `unknown-event`, `upcast-failed`,
 * `invalid-argument`, a storage code such as `storage-corrupt`, or `store-closed` if the store was closed before.
 * @example
 * ```ts
 * const [bank, setBank] = createSignal<EventStore>();
 * const account1 = createProjection(bank, balance, { stream: "account-1" });
 * const text = () => (account1().caughtUp ? `${account1().state} €` : "…");
 * ```
 */
export function createProjection<State>(
  store: Given<Pick<EventStore, "project"> | undefined>,
  projection: Given<Projection<State>>,
  options?: Given<Omit<ProjectOptions, "signal"> | undefined>,
): Accessor<Live<State>>;
export function createProjection<State>(
  replica: Given<Pick<Replica, "flush" | "project" | "stream"> | undefined>,
  projection: Given<Projection<State>>,
  options?: Given<ReplicaProjectOptions | undefined>,
): Accessor<LiveShown<State>>;
export function createProjection<State>(
  store: Given<KeepingStore | undefined>,
  projection: Given<Projection<State> | LastKnown<State>>,
): Accessor<Live<State>>;
export function createProjection<State>(
  from: Given<Projecting>,
  projection: Given<AnyProjection<State>>,
  options?: Given<AnyProjectOptions | undefined>,
): Accessor<Live<State> | LiveShown<State>> {
  return follow(() => projectionOf<State>(given(from), given(projection), given(options)), valueOf);
}

/**
 * Returns an accessor of the rows of a query, which runs again whenever a read model's tables have changed, until its owner is
 * disposed of. Without a model, and on a server, there are no rows. With a `replica`, what is pending is in the rows.
 *
 * @throws where the accessor is called, for an `ErrorBoundary`: `invalid-argument`, `query-timeout`, `client-outdated`,
 * `projection-failed`, `store-closed` or a storage code such as `storage-busy`.
 * @example
 * ```ts
 * const [model, setModel] = createSignal<ReadModel>();
 * const rich = createLiveQuery<{ name: string }>(model, sql`SELECT name FROM ${accounts} WHERE balance > 1000`);
 * const names = () => rich().state.map(({ name }) => name);
 * ```
 */
export function createLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Given<ReadModel | undefined>,
  statement: Given<QueryFor<Row>>,
  options: Given<ReplicaQueryOptions>,
): Accessor<LiveRows<Row>>;
export function createLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Given<Pick<ReadModel, "live"> | undefined>,
  statement: Given<QueryFor<Row>>,
  options?: Given<Omit<QueryOptions, "signal"> | undefined>,
): Accessor<Live<readonly Row[]>>;
export function createLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Given<Queried | undefined>,
  statement: Given<QueryFor<Row>>,
  options?: Given<AnyQueryOptions | undefined>,
): Accessor<Live<readonly Row[]>> {
  return follow(() => queryOf<Row>(given(model), given(statement), given(options)), valueOf);
}

/**
 * Returns an accessor that tells how a replica stands with its hub. Without a replica, and on a server, it is "waiting".
 *
 * @example
 * ```ts
 * const [replica, setReplica] = createSignal<Replica>();
 * const status = createReplicaStatus(replica);
 * const text = () => `${status().pending} to be sent`;
 * ```
 */
export function createReplicaStatus(
  replica: Given<Pick<Replica, "status" | "subscribe"> | undefined>,
): Accessor<ReplicaStatus> {
  return follow(() => statusOf(given(replica)));
}

export { createCommand, type Command } from "./create-command.ts";
