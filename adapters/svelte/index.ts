import { createSubscriber } from "svelte/reactivity";
import type { EventStore, Projection, ProjectOptions, QueryOptions, ReadModel, QueryFor } from "../../src/index.ts";
import type { SqlValue } from "../../src/index.ts";
import type { KeepingStore, LastKnown } from "../../src/projections/index.ts";
import type { Replica, ReplicaStatus } from "../../src/sync/index.ts";
import { commandOf, type CommandState, type RunCommand } from "../bindings/command.ts";
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

export type { CommandState, RunCommand } from "../bindings/command.ts";
export type { Live, LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "../bindings/live.ts";

/** A value that is kept up to date while it is shown: `shown.current` with runes, `$shown` as a store. */
export interface Current<Value> {
  /** The newest value. In a template, an effect or `$derived` it is read again after every change. */
  readonly current: Value;
  /**
   * Calls the listener with the value, and after every change, as Svelte's stores do. Returns a function that removes it.
   *
   * @example
   * ```ts
   * const account1 = createProjection(store, balance, { stream: "account-1" });
   * const unsubscribe = account1.subscribe(({ state }) => console.log(state)); // → 0
   * unsubscribe();
   * ```
   */
  subscribe(listener: (value: Value) => void): () => void;
}

/** A command, and how its calls went. */
export interface Command<Args extends readonly unknown[], Result> extends Current<CommandState<Result>> {
  /** Calls the command. Never rejects: resolves with its result, or with undefined if it failed. */
  readonly run: RunCommand<Args, Result>;
}

/**
 * Returns a projection's state, which is kept up to date while a component shows it. Without a store, and on a server, it is the
 * initial state. Of a replica, it is the state with what is pending, and without it as `confirmed`. With a
 * `lastKnown` of `rivulet/projections` in the place of the projection, it is the last known state until the history is read. Where the arguments may change,
 * write `$derived(createProjection(…))`.
 *
 * @throws where a property of the state is read, for `<svelte:boundary>`: `projection-failed`, `unknown-event`, `upcast-failed`,
 * `invalid-argument`, a storage code, or `store-closed` if the store was closed before.
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
  from: Projects | ReplicaProjects | undefined,
  projection: Projection<State> | LastKnown<State>,
  options?: AnyProjectOptions,
): Current<Live<State> | LiveShown<State>> {
  return currentOf(projectionOf<State>(from, projection, options), late);
}

/**
 * Returns the rows of a query, which runs again whenever a read model's tables have changed, while a component shows them. Without a
 * model, and on a server, there are no rows. With a `replica`, what is pending is in the rows.
 *
 * @throws where a property of the rows is read, for `<svelte:boundary>`: `invalid-argument`, `query-timeout`, `client-outdated`,
 * `projection-failed`, `store-closed` or a storage code.
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
  model: Pick<ReadModel, "live"> | undefined,
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
  return currentOf(statusOf(replica), (status) => status);
}

/**
 * Returns a command: a function that calls it, and, as `current`, whether a call is pending, and the error of the last one.
 *
 * @example
 * ```ts
 * const withdraw = createCommand((amount: number) => account.execute(withdrawal, { withdraw: amount }));
 * await withdraw.run(100);
 * console.log(withdraw.current.pending, String(withdraw.current.error)); // → false Error: insufficient funds
 * ```
 */
export function createCommand<Args extends readonly unknown[], Result>(
  command: (...args: Args) => Result | PromiseLike<Result>,
): Command<Args, Result> {
  const source = commandOf(command);
  return Object.assign(
    currentOf(source, (state) => state),
    { run: source.run },
  );
}

function currentOf<Value>({ now, subscribe }: Source<Value>, read: (now: Value) => Value): Current<Value> {
  const track = createSubscriber((update) => subscribe(update));
  return {
    get current() {
      track();
      return read(now());
    },
    subscribe(listener) {
      listener(read(now()));
      let unsubscribe: (() => void) | undefined = () => undefined;
      // A server unsubscribes once it has rendered, so that it opens nothing.
      void Promise.resolve().then(() => {
        if (unsubscribe !== undefined) unsubscribe = subscribe(() => listener(read(now())));
      });
      return () => {
        unsubscribe?.();
        unsubscribe = undefined;
      };
    },
  };
}

/**
 * What is shown, or what throws the error once a property is read: a store must not throw while it tells its listeners. Svelte itself
 * looks for symbols.
 */
function late<State extends { readonly error?: unknown }>(shown: State): State {
  if (shown.error === undefined) return shown;
  return new Proxy(shown, { get: (_shown, key) => (typeof key === "string" ? valueOf(shown) : undefined) });
}
