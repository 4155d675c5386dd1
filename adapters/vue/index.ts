import type { ComputedRef } from "vue";
import type { EventStore, Projection, ProjectOptions } from "../../src/index.ts";
import type { QueryFor, QueryOptions, ReadModel, SqlValue } from "../../src/index.ts";
import type { KeepingStore, LastKnown } from "../../src/projections/index.ts";
import type { Replica, ReplicaStatus } from "../../src/sync/index.ts";
import { projectionOf, queryOf, statusOf } from "../bindings/live.ts";
import type { AnyProjection, AnyProjectOptions, AnyQueryOptions, Projecting, Queried } from "../bindings/live.ts";
import type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";
import { valueOf } from "../bindings/source.ts";
import { given, useSource, type Given } from "./use-source.ts";

export type { RunCommand } from "../bindings/command.ts";
export type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";

/**
 * Returns a ref with a projection's state, which is kept up to date while the component is mounted. Without a store, and on a
 * server, it is the initial state. Of a replica, it is the state with what is pending, and without it as `confirmed`. With a
 * `lastKnown` of `rivulet/projections` in place of the projection, it is the last known state until the history is read. Keep stores
 * in a `shallowRef`.
 *
 * @throws where the ref is read, for `onErrorCaptured`: `projection-failed`, `unknown-event`, `upcast-failed`,
 * `invalid-argument`, a storage code such as `storage-corrupt`, or `store-closed` if the store was closed before.
 * @example
 * ```ts
 * const bank = shallowRef<EventStore>();
 * const account1 = useProjection(bank, balance, { stream: "account-1" });
 * const text = computed(() => (account1.value.caughtUp ? `${account1.value.state} €` : "…"));
 * ```
 */
export function useProjection<State>(
  store: Given<Pick<EventStore, "project"> | undefined>,
  projection: Given<Projection<State>>,
  options?: Given<Omit<ProjectOptions, "signal"> | undefined>,
): ComputedRef<Live<State>>;
export function useProjection<State>(
  replica: Given<Pick<Replica, "flush" | "project" | "stream"> | undefined>,
  projection: Given<Projection<State>>,
  options?: Given<ReplicaProjectOptions | undefined>,
): ComputedRef<LiveShown<State>>;
export function useProjection<State>(
  store: Given<KeepingStore | undefined>,
  projection: Given<Projection<State> | LastKnown<State>>,
): ComputedRef<Live<State>>;
export function useProjection<State>(
  from: Given<Projecting>,
  projection: Given<AnyProjection<State>>,
  options?: Given<AnyProjectOptions | undefined>,
): ComputedRef<Live<State> | LiveShown<State>> {
  return useSource(() => projectionOf<State>(given(from), given(projection), given(options)), valueOf);
}

/**
 * Returns a ref with the rows of a query, which runs again whenever a read model's tables have changed, while the component is
 * mounted. Without a model, and on a server, there are no rows. With a `replica`, what is pending is in the rows.
 *
 * @throws where the ref is read, for `onErrorCaptured`: `invalid-argument`, `query-timeout`, `client-outdated`,
 * `projection-failed`, `store-closed` or a storage code such as `storage-busy`.
 * @example
 * ```ts
 * const model = shallowRef<ReadModel>();
 * const rich = useLiveQuery<{ name: string }>(model, sql`SELECT name FROM ${accounts} WHERE balance > 1000`);
 * const names = computed(() => rich.value.state.map(({ name }) => name));
 * ```
 */
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Given<ReadModel | undefined>,
  statement: Given<QueryFor<Row>>,
  options: Given<ReplicaQueryOptions>,
): ComputedRef<LiveRows<Row>>;
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Given<Pick<ReadModel, "live"> | undefined>,
  statement: Given<QueryFor<Row>>,
  options?: Given<Omit<QueryOptions, "signal"> | undefined>,
): ComputedRef<Live<readonly Row[]>>;
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Given<Queried | undefined>,
  statement: Given<QueryFor<Row>>,
  options?: Given<AnyQueryOptions | undefined>,
): ComputedRef<Live<readonly Row[]>> {
  return useSource(() => queryOf<Row>(given(model), given(statement), given(options)), valueOf);
}

/**
 * Returns a ref that tells how a replica stands with its hub. Without a replica, and on a server, it is "waiting".
 *
 * @example
 * ```ts
 * const replica = shallowRef<Replica>();
 * const status = useReplicaStatus(replica);
 * const text = computed(() => `${status.value.pending} to be sent`);
 * ```
 */
export function useReplicaStatus(
  replica: Given<Pick<Replica, "status" | "subscribe"> | undefined>,
): ComputedRef<ReplicaStatus> {
  return useSource(() => statusOf(given(replica)));
}

export { useCommand, type Command } from "./use-command.ts";
