import { checkOptions } from "../validate.ts";
import type { Event } from "../event.ts";
import { toFold, type Handler, type ProjectionHandlers, type SnapshotPolicy } from "./fold.ts";
import { createLiveProjection } from "./live-projection.ts";
import { loadAll, loadStream } from "./load.ts";
import type { Projection } from "./projection.ts";
import { toHandlers } from "../events/handlers.ts";

export interface ProjectionDefinition<State, E extends Event> {
  /** 1 to 255 characters; snapshots are kept under it. */
  readonly name: string;
  /** Of the state's shape and what makes it, from 1, the default. Raise it when either changes: old snapshots are then ignored. */
  readonly schema?: number | undefined;
  /** The state before the first event: called anew for every fold. */
  readonly initial: () => State;
  /** Events of other types leave the state as it is. */
  readonly on: ProjectionHandlers<State, E>;
  /** Default: no snapshots. With them, the state must be a JSON value. */
  readonly snapshots?: SnapshotPolicy | undefined;
}

/**
 * Describes how events become a state, for `stream.load`, `store.load` and `store.project`. Handlers are pure: they look
 * at nothing but the state and the event, and return a new state. Throws `invalid-argument`.
 */
export function defineProjection<State>(definition: ProjectionDefinition<State, Event>): Projection<State>;
export function defineProjection<State, E extends Event>(
  definition: ProjectionDefinition<State, E>,
): Projection<State, E>;
export function defineProjection<State, E extends Event>(
  definition: ProjectionDefinition<State, E>,
): Projection<State, E> {
  checkOptions(definition, ["name", "schema", "initial", "on", "snapshots"], "definition");
  const { name, schema, initial, on, snapshots } = definition;
  const handlers = toHandlers<Handler<State>>(on, "on");
  const fold = toFold({
    what: "projection",
    name,
    schema,
    initial,
    snapshots,
    types: [...handlers.keys()],
    handlerOf: (type) => handlers.get(type),
  });
  return {
    name,
    schema: fold.schema,
    initial: () => fold.initial(),
    _rivulet: {
      load: (source, stream, options) => loadStream(source, fold, stream, options),
      loadAll: (source, options) => loadAll(source, fold, options),
      project: (source, options) => createLiveProjection(source, fold, options),
    },
  };
}
