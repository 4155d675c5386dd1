import { EventStoreError, invalidArgument } from "./errors.ts";
import type { Event, StoredEvent } from "./event.ts";
import { createLiveProjection } from "./live-projection.ts";
import { loadAll, loadStream } from "./load.ts";
import { checkInteger, checkName } from "./names.ts";
import type { Projection } from "./projection.ts";

/** When a folded state is kept, so that the next load need not start from the first event. */
export interface SnapshotPolicy {
  /** Once so many events were folded since the newest snapshot; from 1. */
  readonly every?: number | undefined;
  /** Once folding took longer than so many milliseconds, by the store's clock. */
  readonly slowerThan?: number | undefined;
  /** So many of the newest stay; from 1, default 3. */
  readonly keep?: number | undefined;
}

/** One function an event type: the state before, the event, the state after. Every type of the union has one. */
export type ProjectionHandlers<State, E extends Event> = {
  readonly [Each in E as Each["type"]]: (state: State, event: StoredEvent<Each>) => State;
};

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

/** A definition, checked and ready to fold with. */
export interface Fold<State> {
  readonly name: string;
  readonly schema: number;
  readonly types: readonly string[];
  readonly snapshots: SnapshotPolicy | undefined;
  initial(): State;
  /** Throws `projection-failed`. */
  step(state: State, event: StoredEvent): State;
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
  const fold = toFold(definition);
  const { name, schema } = fold;
  return {
    name,
    schema,
    load: (source, stream, options) => loadStream(source, fold, stream, options),
    loadAll: (source, options) => loadAll(source, fold, options),
    project: (source, options) => createLiveProjection(source, fold, options),
  };
}

function toFold<State, E extends Event>(definition: ProjectionDefinition<State, E>): Fold<State> {
  const { name, schema = 1, initial, on, snapshots } = definition;
  checkName(name, "name", "projection name");
  checkInteger(schema, "schema", 1);
  if (typeof initial !== "function") throw invalidArgument("initial", "initial must be a function that makes a state");
  checkPolicy(snapshots);
  const handlers = toHandlers<State>(on);
  return { name, schema, snapshots, types: [...handlers.keys()], initial, step };

  function step(state: State, event: StoredEvent): State {
    const handler = handlers.get(event.type);
    if (handler === undefined) return state;
    try {
      const next = handler(state, event);
      if (next === undefined) throw new TypeError("the handler returned no state");
      return next;
    } catch (cause) {
      const { type, position, id } = event;
      throw new EventStoreError(
        "projection-failed",
        `the projection "${name}" failed at the event "${type}" at position ${position}: ${String(cause)}`,
        { name, position, eventId: id },
        cause,
      );
    }
  }
}

function toHandlers<State>(on: object): Map<string, (state: State, event: StoredEvent) => State> {
  const handlers = new Map(Object.entries(on ?? {}));
  for (const [type, handler] of handlers) {
    checkName(type, `on.${type}`, "event type");
    if (typeof handler !== "function") throw invalidArgument(`on.${type}`, `on.${type} must be a function`);
  }
  return handlers as Map<string, (state: State, event: StoredEvent) => State>;
}

function checkPolicy(policy: SnapshotPolicy | undefined): void {
  if (policy === undefined) return;
  const { every, slowerThan, keep } = policy;
  if (every === undefined && slowerThan === undefined) {
    throw invalidArgument(
      "snapshots",
      "snapshots must say when: every so many events, or slowerThan so many milliseconds",
    );
  }
  if (every !== undefined) checkInteger(every, "snapshots.every", 1);
  if (slowerThan !== undefined) checkInteger(slowerThan, "snapshots.slowerThan", 0);
  if (keep !== undefined) checkInteger(keep, "snapshots.keep", 1);
}
