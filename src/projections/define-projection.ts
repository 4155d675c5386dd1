import { checkOptions } from "../validate.ts";
import type { Event } from "../event.ts";
import { toFold, type Handler, type ProjectionHandlers } from "./fold.ts";
import type { SnapshotPolicy } from "./snapshot-policy.ts";
import { createLiveProjection } from "./live-projection.ts";
import { createHandle } from "./live-state.ts";
import { loadAll, loadStream } from "./load.ts";
import type { Projection } from "./projection.ts";
import { toHandlers } from "../events/handlers.ts";

/** A state, and how events change it. */
export interface ProjectionDefinition<State, E extends Event> {
  /** The name under which snapshots are stored, 1–255 characters. */
  readonly name: string;
  /** The version of the state's shape and of the handlers, from 1; default 1. Raise it when either changes, so that old snapshots are ignored. */
  readonly schema?: number | undefined;
  /** Returns the state before the first event. Called for every fold. */
  readonly initial: () => State;
  /** Handlers by event type: each returns the state after an event. Events of other types leave the state as it is. */
  readonly on: ProjectionHandlers<State, E>;
  /** When to save snapshots of the state, which must then be a JSON value; default: never. */
  readonly snapshots?: SnapshotPolicy | undefined;
}

/**
 * Defines how events become a state, for `stream.load`, `store.load` and `store.project`. Handlers must be pure: they depend on
 * the state and the event only, and return a new state.
 *
 * @throws `invalid-argument` for an invalid name, schema, handler or snapshot policy.
 * @example
 * ```ts
 * const deposits = defineProjection<number, AccountEvent>({
 *   name: "deposits",
 *   initial: () => 0,
 *   on: { deposited: (count) => count + 1 },
 * });
 * ```
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
      kept: { projection: name, schema: fold.schema },
      step: fold.step,
      load: (context, stream, options) => loadStream(context, fold, stream, options),
      loadAll: (context, options) => loadAll(context, fold, options),
      project: (context, options) => createLiveProjection(context, fold, options),
      live: createHandle,
    },
  };
}
