import { checkOptions } from "../validate.ts";
import { invalidArgument } from "../errors.ts";
import type { Decider } from "./decider.ts";
import type { Event, NewEvent, StoredEvent } from "../event.ts";
import { decided, execute } from "./execute-command.ts";
import { commandKey } from "./idempotency-key.ts";
import { toFold, type Handler, type ProjectionHandlers } from "../projections/fold.ts";
import type { SnapshotPolicy } from "../projections/snapshot-policy.ts";
import { loadStream } from "../projections/load.ts";
import { toHandlers } from "../events/handlers.ts";

/** A state, how events change it, and how it decides commands. */
export interface DeciderDefinition<State, Command, E extends Event> {
  /** A name for error messages and snapshots, which `stream.loadSnapshot` finds by the definition; required with `snapshots`. */
  readonly name?: string | undefined;
  /** The version of the state's shape and of `evolve`, from 1; default 1. Raise it when either changes, so that old snapshots are ignored. */
  readonly schema?: number | undefined;
  /** Returns the state before the first event. Called for every fold. */
  readonly initial: () => State;
  /**
   * Returns the events that a command causes in this state, or nothing. To refuse the command, throw an error: `execute` rejects
   * with it. Called again after a version conflict, so it must be synchronous and depend on its arguments only.
   */
  readonly decide: (command: Command, state: State) => NewEvent<E> | readonly NewEvent<E>[] | undefined | void;
  /**
   * Returns the state after an event: one function for each event type (other types leave the state as it is), or one function for
   * all events of the stream.
   */
  readonly evolve: ProjectionHandlers<State, E> | ((state: State, event: StoredEvent<E>) => State);
  /** When to save snapshots of the state, which must then be a JSON value; default: never. */
  readonly snapshots?: SnapshotPolicy | undefined;
}

/**
 * Defines how commands become events, for `stream.execute`.
 *
 * @throws `invalid-argument` for an invalid name, schema, handler or snapshot policy.
 * @example
 * ```ts
 * const closing = defineDecider<number, "close", AccountEvent>({
 *   initial: () => 0,
 *   evolve: { deposited: (sum, { data }) => sum + data.amount, withdrawn: (sum, { data }) => sum - data.amount },
 *   decide: (_command, sum) => (sum > 0 ? { type: "withdrawn", data: { amount: sum } } : []),
 * });
 * ```
 */
export function defineDecider<State, Command, E extends Event = Event>(
  definition: DeciderDefinition<State, Command, E>,
): Decider<State, Command, E> {
  checkOptions(definition, ["name", "schema", "initial", "decide", "evolve", "snapshots"], "definition");
  const { name, schema, initial, decide, evolve, snapshots } = definition;
  if (typeof decide !== "function") throw invalidArgument("decide", "decide must be a function");
  if (snapshots !== undefined && name === undefined) {
    throw invalidArgument("name", "snapshots are kept under the decider's name: give it one");
  }
  const fold = toFold({
    what: "decider",
    name: name ?? "decider",
    schema,
    initial,
    snapshots,
    ...(typeof evolve === "function" ? forAll(evolve as Handler<State>) : forEach<State>(evolve)),
  });
  // A projection of the same name must not load this decider's snapshots.
  const kept = { ...fold, name: `decider/${fold.name}` };
  return {
    name: fold.name,
    _rivulet: {
      get kept() {
        if (name === undefined)
          throw invalidArgument("projection", "a decider without a name has no snapshots: give it one");
        return { projection: kept.name, schema: kept.schema };
      },
      load: (context, stream, options) => loadStream(context, kept, stream, options),
      step: kept.step,
      decide: (command, state, idOf) => decided(decide(command, state), idOf),
      keyOf: commandKey,
      execute: (context, stream, command, options) =>
        execute<State, E>(context, { fold: kept, decide: (state) => decide(command, state) }, stream, command, options),
    },
  };
}

interface Handlers<State> {
  readonly types: readonly string[];
  readonly handlerOf: (type: string) => Handler<State> | undefined;
}

function forAll<State>(handler: Handler<State>): Handlers<State> {
  return { types: [], handlerOf: () => handler };
}

function forEach<State>(evolve: object): Handlers<State> {
  const handlers = toHandlers<Handler<State>>(evolve, "evolve");
  return { types: [...handlers.keys()], handlerOf: (type) => handlers.get(type) };
}
