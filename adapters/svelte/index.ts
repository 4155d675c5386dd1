import type { EventStore, Projection, ProjectOptions } from "../../src/index.ts";
import type { QueryFor, QueryOptions, ReadModel, SqlValue } from "../../src/index.ts";
import type { KeepingStore, LastKnown } from "../../src/projections/index.ts";
import type { Replica, ReplicaStatus } from "../../src/sync/index.ts";
import { projectionOf, queryOf, statusOf } from "../bindings/live.ts";
import type { AnyProjection, AnyProjectOptions, AnyQueryOptions, Projecting, Queried } from "../bindings/live.ts";
import type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";
import { currentOf, late, type Current } from "./current.ts";

export type { CommandState, RunCommand } from "../bindings/command.ts";
export type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/shown.ts";
export type { Current } from "./current.ts";

/**
 * Returns a projection's state, which is kept up to date while a component shows it. Without a store, and on a server, it is the
 * initial state. Of a replica, it is the state with what is pending, and without it as `confirmed`. With a
 * `lastKnown` of `rivulet/projections` in place of the projection, it is the last known state until the history is read. Where the arguments may change,
 * write `$derived(createProjection(…))`.
 *
 * @throws where a property of the state is read, for `<svelte:boundary>`: `projection-failed`, `unknown-event`,
 * `upcast-failed`, `invalid-argument`, a storage code such as `storage-corrupt`, or `store-closed` if the store was closed
 * before.
 * @example
 * ```ts
 * const account1 = createProjection(store, balance, { stream: "account-1" });
 * const { state, caughtUp } = account1.current;
 * console.log(state, caughtUp); // → 0 false
 * ```
 */
export function createProjection<State>(
  store: Pick<EventStore, "project"> | undefined,
  projection: Projection<State>,
  options?: Omit<ProjectOptions, "signal">,
): Current<Live<State>>;
export function createProjection<State>(
  replica: Pick<Replica, "flush" | "project" | "stream"> | undefined,
  projection: Projection<State>,
  options?: ReplicaProjectOptions,
): Current<LiveShown<State>>;
export function createProjection<State>(
  store: KeepingStore | undefined,
  projection: Projection<State> | LastKnown<State>,
): Current<Live<State>>;
export function createProjection<State>(
  from: Projecting,
  projection: AnyProjection<State>,
  options?: AnyProjectOptions,
): Current<Live<State> | LiveShown<State>> {
  return currentOf(projectionOf<State>(from, projection, options), late);
}

/**
 * Returns the rows of a query, which runs again whenever a read model's tables have changed, while a component shows them. Without a
 * model, and on a server, there are no rows. With a `replica`, what is pending is in the rows.
 *
 * @throws where a property of the rows is read, for `<svelte:boundary>`: `invalid-argument`, `query-timeout`,
 * `client-outdated`, `projection-failed`, `store-closed` or a storage code such as `storage-busy`.
 * @example
 * ```ts
 * const model = await store.readModel(bank);
 * const rich = createLiveQuery<{ name: string }>(model, sql`SELECT name FROM ${accounts} WHERE balance > 1000`);
 * console.log(rich.current.state.map(({ name }) => name)); // → []
 * ```
 */
export function createLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: ReadModel | undefined,
  statement: QueryFor<Row>,
  options: ReplicaQueryOptions,
): Current<LiveRows<Row>>;
export function createLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Pick<ReadModel, "live"> | undefined,
  statement: QueryFor<Row>,
  options?: Omit<QueryOptions, "signal">,
): Current<Live<readonly Row[]>>;
export function createLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Queried | undefined,
  statement: QueryFor<Row>,
  options?: AnyQueryOptions,
): Current<Live<readonly Row[]>> {
  return currentOf(queryOf<Row>(model, statement, options), late);
}

/**
 * Returns how a replica stands with its hub. Without a replica, and on a server, it is "waiting".
 *
 * @example
 * ```ts
 * const status = createReplicaStatus(undefined);
 * const { connection, pending } = status.current;
 * console.log(`${connection}, ${pending} to be sent`); // → waiting, 0 to be sent
 * ```
 */
export function createReplicaStatus(
  replica: Pick<Replica, "status" | "subscribe"> | undefined,
): Current<ReplicaStatus> {
  return currentOf(statusOf(replica));
}

export { createCommand, type Command } from "./create-command.ts";
