import type { EventFilter, ProjectedState, QueryOptions } from "../../src/index.ts";
import type { FailedPending, Replica } from "../../src/sync/index.ts";

/** A state that is kept up to date, as a component sees it. */
export interface Live<State> extends ProjectedState<State> {
  /** Whether the history is in the state. Before that, it is the last known state if one is given, else the initial state. */
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
