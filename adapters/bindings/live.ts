import type {
  EventStore,
  LiveProjection,
  ProjectedState,
  Projection,
  ProjectOptions,
  QueryFor,
  QueryOptions,
  ReadModel,
} from "../../src/index.ts";
import type { LivePending, LivePendingAll, PendingRows, Replica, ReplicaStatus } from "../../src/sync/index.ts";
import type { KeepingStore, LastKnown } from "../../src/projections/index.ts";
import type { LiveRows, LiveShown, ReplicaProjectOptions, ReplicaQueryOptions } from "./shown.ts";
import { sourceOf, type Shown, type Source } from "./source.ts";

/** What has projections: a store. */
type Projects = Pick<EventStore, "project">;

/** What is used of a replica whose states are shown. */
type ReplicaProjects = Pick<Replica, "flush" | "project" | "stream">;

/** What is used of a replica whose status is shown. */
export type HasStatus = Pick<Replica, "status" | "subscribe">;

/** What a state is shown of; nothing as long as it is undefined. */
export type Projecting = Projects | ReplicaProjects | undefined;

/** What makes a shown state. */
export type AnyProjection<State> = Projection<State> | LastKnown<State>;

/** What has the rows of a query. */
export type Queried = Pick<ReadModel, "live">;

/** Which events make a shown state, of a store or a replica. */
export type AnyProjectOptions = ReplicaProjectOptions & Omit<ProjectOptions, "signal">;

/** How to run a query whose rows are shown. */
export type AnyQueryOptions = Omit<QueryOptions, "signal"> | ReplicaQueryOptions;

type LiveOf<State> = LiveProjection<State> | LivePending<State> | LivePendingAll<State>;

/** What is shown of a store's state, or of a replica's; both as long as there is neither. */
type AnyState<State> = ProjectedState<State> | Omit<LiveShown<State>, "caughtUp">;

/** A projection of a store or a replica. */
export function projectionOf<State>(
  from: Projecting,
  projection: AnyProjection<State>,
  options: AnyProjectOptions = {},
): Source<Shown<AnyState<State>>> {
  if ("known" in Object(projection)) return lastKnownOf(from, projection as LastKnown<State>, options);
  return projected<State>(
    projection as Projection<State>,
    from && (() => project(from, projection as Projection<State>, options)),
  );
}

function lastKnownOf<State>(
  store: Projecting,
  last: LastKnown<State>,
  options: AnyProjectOptions,
): Source<Shown<AnyState<State>>> {
  const { known, projection } = last;
  // It has its stream or filter itself, and refuses options and replicas, with its own message.
  return projected(
    projection,
    store && (() => last.project(store as KeepingStore, options as object)),
    known && { state: known.state, position: known.position ?? 0 },
  );
}

function projected<State>(
  projection: Projection<State>,
  open: (() => LiveOf<State>) | undefined,
  known?: ProjectedState<State>,
): Source<Shown<AnyState<State>>> {
  // The store refuses an invalid projection, with its own message.
  const initial = (): State => (projection as Partial<Projection<State>> | undefined | null)?.initial?.() as State;
  return sourceOf<LiveOf<State>, AnyState<State>>(
    open,
    () => ({ state: initial(), position: 0, confirmed: initial(), pending: 0 }),
    (live) => ("confirmed" in live ? withPending(live) : { state: live.state, position: live.position }),
    known,
  );
}

function project<State>(
  from: Projects | ReplicaProjects,
  projection: Projection<State>,
  options: AnyProjectOptions,
): LiveOf<State> {
  if (!("flush" in from)) return from.project(projection, options);
  const { stream, ...filter } = Object(options) as ReplicaProjectOptions;
  // The replica refuses anything else, with its own message.
  if (stream === undefined || Object.keys(filter).length > 0) return from.project(projection, options);
  return from.stream(stream).project(projection);
}

function withPending<State>(live: LivePending<State> | LivePendingAll<State>): AnyState<State> {
  const { state, confirmed, pending } = live;
  return { state, confirmed, pending };
}

/** A query of a read model, with what is pending if a replica is given. */
export function queryOf<Row>(
  model: Queried | undefined,
  statement: QueryFor<Row>,
  options: AnyQueryOptions = {},
): Source<Shown<Omit<LiveRows<Row>, "caughtUp">>> {
  const { replica, ...rest } = Object(options) as ReplicaQueryOptions;
  const open = isOfReplica(options)
    ? model && replica && (() => replica.live<Row>(model as ReadModel, statement, rest))
    : model && (() => model.live<Row>(statement, options));
  return sourceOf<LiveProjection<readonly Row[] | PendingRows<Row>>, Omit<LiveRows<Row>, "caughtUp">>(
    open,
    () => ({ state: [], position: 0, pending: 0, failed: [] }),
    ({ state, position }) =>
      "rows" in state
        ? { state: state.rows, position, pending: state.pending, failed: state.failed }
        : { state, position, pending: 0, failed: [] },
  );
}

/** Whether what is pending is wanted, even if there is no replica yet. */
export function isOfReplica(options: AnyQueryOptions): options is ReplicaQueryOptions {
  return "replica" in Object(options);
}

/** How a replica stands with its hub. */
export function statusOf(replica: HasStatus | undefined): Source<ReplicaStatus> {
  return {
    initial: NO_REPLICA,
    now: () => replica?.status ?? NO_REPLICA,
    subscribe: (changed) => replica?.subscribe(changed) ?? (() => undefined),
  };
}

const NO_REPLICA: ReplicaStatus = { connection: "waiting", pending: 0, rejected: 0, gone: [] };
