import { createEffect, createMemo, createSignal, onCleanup, type Accessor } from "solid-js";
import type { EventStore, Projection, ProjectOptions, QueryOptions, ReadModel, QueryFor } from "../../src/index.ts";
import type { SqlValue } from "../../src/index.ts";
import type { KeepingStore, LastKnown } from "../../src/projections/index.ts";
import type { Replica, ReplicaStatus } from "../../src/sync/index.ts";
import { commandOf, type RunCommand } from "../bindings/command.ts";
import {
  projectionOf,
  queryOf,
  statusOf,
  type AnyProjectOptions,
  type AnyQueryOptions,
  type Live,
  type LiveRows,
  type LiveShown,
  type Projects,
  type ReplicaProjectOptions,
  type ReplicaProjects,
  type ReplicaQueryOptions,
} from "../bindings/live.ts";
import { valueOf, type Source } from "../bindings/source.ts";

export type { RunCommand } from "../bindings/command.ts";
export type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/live.ts";

/** A value or an accessor. What is shown follows an accessor. */
export type Given<Value> = Value | Accessor<Value>;

/** A command, and how its calls went. */
export interface Command<Args extends readonly unknown[], Result> {
  /** Calls the command. Never rejects: resolves with its result, or with undefined if it failed. */
  readonly run: RunCommand<Args, Result>;
  /** Whether a call has not ended yet. */
  readonly pending: Accessor<boolean>;
  /** The error of the newest call that failed; undefined once `run` is called again. */
  readonly error: Accessor<unknown>;
  /** What the newest call that succeeded resolved with. */
  readonly result: Accessor<Result | undefined>;
}

/**
 * Returns an accessor of a projection's state, which is kept up to date until its owner is disposed of. Without a store, and on a
 * server, it is the initial state. Of a replica, it is the state with what is pending, and without it as `confirmed`. With a
 * `lastKnown` of `rivulet/projections` in the place of the projection, it is the last known state until the history is read.
 *
 * @throws where the accessor is called, for an `ErrorBoundary`: `projection-failed`, `unknown-event`, `upcast-failed`,
 * `invalid-argument`, a storage code, or `store-closed` if the store was closed before.
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
  from: Given<Projects | ReplicaProjects | undefined>,
  projection: Given<Projection<State> | LastKnown<State>>,
  options?: Given<AnyProjectOptions | undefined>,
): Accessor<Live<State> | LiveShown<State>> {
  return follow(() => projectionOf<State>(given(from), given(projection), given(options)), valueOf);
}

/**
 * Returns an accessor of the rows of a query, which runs again whenever a read model's tables have changed, until its owner is
 * disposed of. Without a model, and on a server, there are no rows. With a `replica`, what is pending is in the rows.
 *
 * @throws where the accessor is called, for an `ErrorBoundary`: `invalid-argument`, `query-timeout`, `client-outdated`,
 * `projection-failed`, `store-closed` or a storage code.
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
  model: Given<Pick<ReadModel, "live"> | undefined>,
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
 * const text = () => `${status().connection}, ${status().pending} to be sent`;
 * ```
 */
export function createReplicaStatus(
  replica: Given<Pick<Replica, "status" | "subscribe"> | undefined>,
): Accessor<ReplicaStatus> {
  return follow(
    () => statusOf(given(replica)),
    (status) => status,
  );
}

/**
 * Returns a function that calls a command, whether a call is pending, and the error of the last one.
 *
 * @example
 * ```ts
 * const { run, pending, error } = createCommand((amount: number) => account.execute(withdrawal, { withdraw: amount }));
 * await run(100);
 * console.log(pending(), String(error())); // → false Error: insufficient funds
 * ```
 */
export function createCommand<Args extends readonly unknown[], Result>(
  command: (...args: Args) => Result | PromiseLike<Result>,
): Command<Args, Result> {
  const { run, subscribe, now } = commandOf(command);
  const [state, setState] = createSignal(now());
  subscribe(() => setState(now()));
  return { run, pending: () => state().pending, error: () => state().error, result: () => state().result };
}

function given<Value>(value: Given<Value>): Value {
  return typeof value === "function" ? (value as Accessor<Value>)() : value;
}

/** An accessor of the newest value of a source, which another replaces when the inputs change. A server runs no effects. */
function follow<Value>(make: () => Source<Value>, read: (now: Value) => Value): Accessor<Value> {
  const source = createMemo(make);
  const [changes, changed] = createSignal(undefined, { equals: false });
  createEffect(() => {
    const unsubscribe = source().subscribe(() => changed());
    onCleanup(unsubscribe);
  });
  return () => {
    changes();
    return read(source().now());
  };
}
