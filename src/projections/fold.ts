import { EventStoreError, describe, invalidArgument } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { checkInteger, checkName } from "../validate.ts";
import { refuseThenable } from "../async/thenable.ts";
import { freezeState } from "./freeze-state.ts";
import { checkPolicy, type SnapshotPolicy } from "./snapshot-policy.ts";

/** One function for each event type, which gets the state and the event and returns the next state. Types without one are ignored. */
export type ProjectionHandlers<State, E extends Event> = {
  readonly [Each in E as Each["type"]]?: ((state: State, event: StoredEvent<Each>) => State) | undefined;
};

/** A checked definition. */
export interface Fold<State> {
  readonly name: string;
  readonly schema: number;
  readonly types: readonly string[];
  readonly snapshots: SnapshotPolicy | undefined;
  /** Returns the state before the first event, frozen. @throws `projection-failed`, with position 0. */
  initial(): State;
  /**
   * Returns the state after an event. A state that the handler returns as it got it is frozen: the handler may have changed it, and
   * then fails at the next change. @throws `projection-failed`.
   */
  step(state: State, event: StoredEvent): State;
}

/** Returns the state after an event. */
export type Handler<State> = (state: State, event: StoredEvent) => State;

/** A definition of a projection or decider, for {@link toFold}. */
export interface FoldDefinition<State> {
  /** "projection" or "decider", for error messages. */
  readonly what: string;
  readonly name: string;
  readonly schema: number | undefined;
  readonly initial: () => State;
  readonly snapshots: SnapshotPolicy | undefined;
  /** Returns undefined for types that leave the state as it is. */
  readonly handlerOf: (type: string) => Handler<State> | undefined;
  readonly types: readonly string[];
}

/** Checks a definition. @throws `invalid-argument`. */
export function toFold<State>(definition: FoldDefinition<State>): Fold<State> {
  const { what, name, schema = 1, initial, snapshots, handlerOf, types } = definition;
  checkName(name, "name");
  checkInteger(schema, "schema", 1);
  if (typeof initial !== "function")
    throw invalidArgument("initial", "initial must be a function that returns the first state");
  checkPolicy(snapshots);
  return { name, schema, snapshots, types, initial: begin, step };

  function begin(): State {
    try {
      return freezeState(refuseThenable(initial(), "initial"));
    } catch (cause) {
      const message = `initial of the ${what} "${name}" failed: ${describe(cause)}`;
      throw new EventStoreError("projection-failed", message, { name, position: 0, eventId: "" }, cause);
    }
  }

  function step(state: State, event: StoredEvent): State {
    const handler = handlerOf(event.type);
    if (handler === undefined) return state;
    try {
      const next = refuseThenable(handler(state, event), "the handler");
      if (next === undefined) throw new TypeError("the handler returned no state");
      // Every state is frozen where a page ends. To freeze every one of them would double the time of a fold.
      return next === state ? freezeState(next) : next;
    } catch (cause) {
      const { type, position, id } = event;
      throw new EventStoreError(
        "projection-failed",
        `the ${what} "${name}" failed at the event "${type}" at position ${position}: ${describe(cause)}`,
        { name, position, eventId: id },
        cause,
      );
    }
  }
}
