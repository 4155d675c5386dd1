import { useMemo, useSyncExternalStore } from "react";
import type { EventStore, Projection, ProjectOptions } from "../../src/index.ts";
import type { QueryFor, QueryOptions, ReadModel, SqlValue } from "../../src/index.ts";
import type { KeepingStore, LastKnown } from "../../src/projections/index.ts";
import type { Replica, ReplicaStatus } from "../../src/sync/index.ts";
import { isOfReplica, projectionOf, queryOf, statusOf } from "../bindings/live.ts";
import type { AnyProjection, AnyProjectOptions, AnyQueryOptions, Projecting, Queried } from "../bindings/live.ts";
import type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";
import { valueOf, type Source } from "../bindings/source.ts";

export type { RunCommand } from "../bindings/command.ts";
export type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";

/**
 * Returns a projection's state, which is kept up to date while the component is mounted. Without a store, and on a server, it is the
 * initial state. Define projections outside of components: a new definition is a new subscription.
 *
 * Of a replica, it is the state with what is pending, and without it as `confirmed`. With a `lastKnown` of `rivulet/projections` in
 * the place of the projection, it is the last known state until the history is read.
 *
 * @throws while rendering, for an error boundary: `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`,
 * a storage code such as `storage-corrupt`, or `store-closed` if the store was closed before.
 * @example
 * ```tsx
 * function Balance({ bank }: { readonly bank: EventStore | undefined }) {
 *   const { state, caughtUp } = useProjection(bank, balance, { stream: "account-1" });
 *   return <p>{caughtUp ? state : "…"}</p>;
 * }
 * ```
 */
export function useProjection<State>(
  store: Pick<EventStore, "project"> | undefined,
  projection: Projection<State>,
  options?: Omit<ProjectOptions, "signal">,
): Live<State>;
export function useProjection<State>(
  replica: Pick<Replica, "flush" | "project" | "stream"> | undefined,
  projection: Projection<State>,
  options?: ReplicaProjectOptions,
): LiveShown<State>;
export function useProjection<State>(
  store: KeepingStore | undefined,
  projection: Projection<State> | LastKnown<State>,
): Live<State>;
export function useProjection<State>(
  from: Projecting,
  projection: AnyProjection<State>,
  options: AnyProjectOptions = {},
): Live<State> | LiveShown<State> {
  const inputs = [from, projection, JSON.stringify(options)];
  return valueOf(useSource(useMemo(() => projectionOf(from, projection, options), inputs)));
}

/**
 * Returns the rows of a query, which runs again whenever a read model's tables have changed, while the component is mounted. Without a
 * model, and on a server, there are no rows.
 *
 * With a `replica`, what is pending is in the rows, and the query also runs again whenever that has changed.
 *
 * @throws while rendering, for an error boundary: `invalid-argument`, `query-timeout`, `client-outdated`,
 * `projection-failed`, `store-closed` or a storage code such as `storage-busy`.
 * @example
 * ```tsx
 * function Accounts({ model }: { readonly model: ReadModel | undefined }) {
 *   const { state: rows } = useLiveQuery<{ name: string }>(model, sql`SELECT name FROM ${accounts}`);
 *   return <ul>{rows.map(({ name }) => <li key={name}>{name}</li>)}</ul>;
 * }
 * ```
 */
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: ReadModel | undefined,
  statement: QueryFor<Row>,
  options: ReplicaQueryOptions,
): LiveRows<Row>;
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Pick<ReadModel, "live"> | undefined,
  statement: QueryFor<Row>,
  options?: Omit<QueryOptions, "signal">,
): Live<readonly Row[]>;
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Queried | undefined,
  statement: QueryFor<Row>,
  options: AnyQueryOptions = {},
): Live<readonly Row[]> | LiveRows<Row> {
  // The model refuses an invalid query, with its own message.
  const { reads, timeout } = (options as typeof options | null) ?? {};
  // React requires the same number of dependencies in each render.
  const others = Array.from({ length: 8 }, (_, index) => reads?.[index]);
  const replica = isOfReplica(options) ? options.replica : "none";
  const inputs = [model, JSON.stringify(statement), timeout, ...others, replica];
  return valueOf(useSource(useMemo(() => queryOf<Row>(model, statement, options), inputs)));
}

/**
 * Returns how a replica stands with its hub, and every newer status. Without a replica, and on a server, it is "waiting".
 *
 * @example
 * ```tsx
 * function Connection({ replica }: { readonly replica: Replica | undefined }) {
 *   const { connection, pending } = useReplicaStatus(replica);
 *   return <p>{connection}, {pending} to be sent</p>;
 * }
 * ```
 */
export function useReplicaStatus(replica: Pick<Replica, "status" | "subscribe"> | undefined): ReplicaStatus {
  return useSource(useMemo(() => statusOf(replica), [replica]));
}

function useSource<Value>({ subscribe, now, initial }: Source<Value>): Value {
  return useSyncExternalStore(subscribe, now, () => initial);
}

export { useCommand, type Command } from "./use-command.ts";
export { useSuspenseLiveQuery, useSuspenseProjection } from "./use-suspense.ts";
export { createStoreContext, type Closable, type StoreContext, type StoreProviderProps } from "./store-context.ts";
