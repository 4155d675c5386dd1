import { useMemo, useSyncExternalStore } from "react";
import type {
  EventFilter,
  EventStore,
  LiveProjection,
  ProjectedState,
  Projection,
  ProjectOptions,
} from "../../src/index.ts";
import type { QueryOptions, ReadModel, SqlText, SqlValue } from "../../src/index.ts";
import type {
  FailedPending,
  LivePending,
  LivePendingAll,
  PendingRows,
  Replica,
  ReplicaStatus,
} from "../../src/sync/index.ts";
import { useLive } from "./use-live.ts";

/** A state that is kept up to date, as a component sees it. */
export interface Live<State> extends ProjectedState<State> {
  /** Whether the history is in the state. Before that, it is the initial state. */
  readonly caughtUp: boolean;
}

/** A state of followed streams that is kept up to date, with what is pending, as a component sees it. */
export interface LiveShown<State> {
  /** The state with what is pending. */
  readonly state: State;
  /** The state of what is confirmed alone. */
  readonly confirmed: State;
  /** How many commands and appends in the state the hub has not confirmed. */
  readonly pending: number;
  /** Whether the history is in the state. Before that, it is the initial state. */
  readonly caughtUp: boolean;
}

/** The rows of a query with what is pending, as a component sees them. */
export interface LiveRows<Row> extends Live<readonly Row[]> {
  /** How many commands and appends are in the rows and not confirmed. */
  readonly pending: number;
  /** Pending events that the read model could not handle, and that are not in the rows. */
  readonly failed: readonly FailedPending[];
}

/** Which events of a replica make a state. */
export interface ReplicaProjectOptions extends EventFilter {
  /** One followed stream, whole. Default: the events of all followed streams that the filter selects. */
  readonly stream?: string | undefined;
}

/** How to run a query whose rows contain what is pending. */
export interface ReplicaQueryOptions extends Omit<QueryOptions, "signal"> {
  /** The replica that has the pending commands and appends. As long as it is undefined, there are no rows. */
  readonly replica: Pick<Replica, "live"> | undefined;
}

/** What is used of a replica whose states are shown. */
type Projecting = Pick<Replica, "flush" | "project" | "stream">;

/**
 * Returns a projection's state, which is kept up to date while the component is mounted. Without a store, and on a server, it is the
 * initial state. Define projections outside of components: a new definition is a new subscription.
 *
 * Of a replica, it is the state with what is pending, and without it as `confirmed`.
 *
 * @throws while rendering, for an error boundary: `projection-failed`, `unknown-event`, `upcast-failed`, `invalid-argument`, a storage
 * code, or `store-closed` if the store was closed before.
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
  replica: Projecting | undefined,
  projection: Projection<State>,
  options?: ReplicaProjectOptions,
): LiveShown<State>;
export function useProjection<State>(
  from: Pick<EventStore, "project"> | Projecting | undefined,
  projection: Projection<State>,
  options: ReplicaProjectOptions & Omit<ProjectOptions, "signal"> = {},
): Live<State> | LiveShown<State> {
  // The store refuses an invalid projection, with its own message.
  const initial = (): State => (projection as Partial<Projection<State>> | undefined | null)?.initial?.() as State;
  return useLive<Source<State>, AnyState<State>>(
    from && ((): Source<State> => project(from, projection, options)),
    () => ({ state: initial(), position: 0, confirmed: initial(), pending: 0 }),
    (live) => ("confirmed" in live ? shownOf(live) : placeOf(live)),
    [from, projection, JSON.stringify(options)],
  );
}

type Source<State> = LiveProjection<State> | LivePending<State> | LivePendingAll<State>;

/** What is shown of a store's state, or of a replica's; both as long as there is neither. */
type AnyState<State> = ProjectedState<State> | Omit<LiveShown<State>, "caughtUp">;

function project<State>(
  from: Pick<EventStore, "project"> | Projecting,
  projection: Projection<State>,
  options: ReplicaProjectOptions,
): Source<State> {
  if (!("flush" in from)) return from.project(projection, options);
  const { stream, ...filter } = Object(options) as ReplicaProjectOptions;
  // The replica refuses anything else, with its own message.
  if (stream === undefined || Object.keys(filter).length > 0) return from.project(projection, options);
  return from.stream(stream).project(projection);
}

function placeOf<State>({ state, position }: ProjectedState<State>): ProjectedState<State> {
  return { state, position };
}

function shownOf<State>({
  state,
  confirmed,
  pending,
}: LivePending<State> | LivePendingAll<State>): Omit<LiveShown<State>, "caughtUp"> {
  return { state, confirmed, pending };
}

/**
 * Returns the rows of a query, which runs again whenever a read model's tables have changed, while the component is mounted. Without a
 * model, and on a server, there are no rows.
 *
 * With a `replica`, what is pending is in the rows, and the query also runs again whenever that has changed.
 *
 * @throws while rendering, for an error boundary: `invalid-argument`, `query-timeout`, `client-outdated`, `projection-failed`,
 * `store-closed` or a storage code.
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
  statement: SqlText,
  options: ReplicaQueryOptions,
): LiveRows<Row>;
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Pick<ReadModel, "live"> | undefined,
  statement: SqlText,
  options?: Omit<QueryOptions, "signal">,
): Live<readonly Row[]>;
export function useLiveQuery<Row = Readonly<Record<string, SqlValue>>>(
  model: Pick<ReadModel, "live"> | undefined,
  statement: SqlText,
  options: Omit<QueryOptions, "signal"> | ReplicaQueryOptions = {},
): Live<readonly Row[]> | LiveRows<Row> {
  // The model refuses an invalid query, with its own message.
  const { reads, timeout } = (options as typeof options | null) ?? {};
  // React requires the same number of dependencies in each render.
  const others = Array.from({ length: 8 }, (_, index) => reads?.[index]);
  const inputs = [model, JSON.stringify(statement), timeout, ...others];
  const ofReplica = "replica" in Object(options);
  const { replica, ...rest } = Object(options) as ReplicaQueryOptions;
  const open = ofReplica
    ? model && replica && (() => replica.live<Row>(model as ReadModel, statement, rest))
    : model && (() => model.live<Row>(statement, options));
  return useLive<LiveProjection<readonly Row[] | PendingRows<Row>>, Omit<LiveRows<Row>, "caughtUp">>(
    open,
    () => ({ state: [], position: 0, pending: 0, failed: [] }),
    ({ state, position }) =>
      "rows" in state
        ? { state: state.rows, position, pending: state.pending, failed: state.failed }
        : { state, position, pending: 0, failed: [] },
    [...inputs, ofReplica, replica],
  );
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
  const subscribe = useMemo(() => (changed: () => void) => replica?.subscribe(changed) ?? (() => undefined), [replica]);
  return useSyncExternalStore(
    subscribe,
    () => replica?.status ?? NO_REPLICA,
    () => NO_REPLICA,
  );
}

const NO_REPLICA: ReplicaStatus = { connection: "waiting", pending: 0, rejected: 0, gone: [] };
