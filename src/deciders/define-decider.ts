import { checkOptions } from "../validate.ts";
import { invalidArgument } from "../errors.ts";
import type { Decider } from "./decider.ts";
import type { Event, NewEvent, StoredEvent } from "../event.ts";
import { execute } from "./execute-command.ts";
import { toFold, type Handler, type ProjectionHandlers, type SnapshotPolicy } from "../projections/fold.ts";
import { toHandlers } from "../events/handlers.ts";

export interface DeciderDefinition<State, Command, E extends Event> {
  /** For messages, and for snapshots, which need it: they are kept as "decider/" and it. */
  readonly name?: string | undefined;
  /** Of the state's shape and what makes it, from 1, the default. Raise it when either changes: old snapshots are then ignored. */
  readonly schema?: number | undefined;
  /** The state before the first event: called anew for every fold. */
  readonly initial: () => State;
  /**
   * What happens because of a command, in this state: events, or nothing. It is called again when others were faster, so
   * it only looks at the two and returns at once. What it throws, to refuse the command, is what `execute` rejects with.
   */
  readonly decide: (command: Command, state: State) => NewEvent<E> | readonly NewEvent<E>[] | undefined | void;
  /**
   * The state after an event: one function for each type, others leave it as it is; or one for all, which gets every event
   * that the stream has.
   */
  readonly evolve: ProjectionHandlers<State, E> | ((state: State, event: StoredEvent<E>) => State);
  /** Default: no snapshots. With them, the state must be a JSON value. */
  readonly snapshots?: SnapshotPolicy | undefined;
}

/** Describes how commands become events, for `stream.execute`. Throws `invalid-argument`. */
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
  // A projection of the same name is another fold: it must not go on from a state of this one's.
  const kept = { ...fold, name: `decider/${fold.name}` };
  return {
    name: fold.name,
    _rivulet: {
      execute: (source, stream, command, options) =>
        execute<State, E>(source, { fold: kept, decide: (state) => decide(command, state) }, stream, command, options),
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
