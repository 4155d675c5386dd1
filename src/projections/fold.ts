import { EventStoreError, describe, invalidArgument } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import { checkInteger, checkName, checkOptions } from "../validate.ts";
import { refuseThenable } from "../async/thenable.ts";

/** When a folded state is kept, so that the next load need not start from the first event. */
export interface SnapshotPolicy {
  /** Once so many events were folded since the newest snapshot; from 1. */
  readonly every?: number | undefined;
  /** Once folding took longer than so many milliseconds, on a monotonic clock. */
  readonly slowerThan?: number | undefined;
  /** So many of the newest stay; from 1, default 3. */
  readonly keep?: number | undefined;
}

/** One function an event type: the state before, the event, the state after. Events of a type that is left out change nothing. */
export type ProjectionHandlers<State, E extends Event> = {
  readonly [Each in E as Each["type"]]?: ((state: State, event: StoredEvent<Each>) => State) | undefined;
};

/** A definition, checked and ready to fold with. */
export interface Fold<State> {
  readonly name: string;
  readonly schema: number;
  readonly types: readonly string[];
  readonly snapshots: SnapshotPolicy | undefined;
  /** Throws `projection-failed`, of position 0. */
  initial(): State;
  /** Throws `projection-failed`. */
  step(state: State, event: StoredEvent): State;
}

/** The state after an event. */
export type Handler<State> = (state: State, event: StoredEvent) => State;

/** What is folded with. */
export interface FoldDefinition<State> {
  /** For messages: "projection" or "decider". */
  readonly what: string;
  readonly name: string;
  readonly schema: number | undefined;
  readonly initial: () => State;
  readonly snapshots: SnapshotPolicy | undefined;
  /** Absent for a type: events of it leave the state as it is. */
  readonly handlerOf: (type: string) => Handler<State> | undefined;
  readonly types: readonly string[];
}

/** Throws `invalid-argument`. */
export function toFold<State>(definition: FoldDefinition<State>): Fold<State> {
  const { what, name, schema = 1, initial, snapshots, handlerOf, types } = definition;
  checkName(name, "name");
  checkInteger(schema, "schema", 1);
  if (typeof initial !== "function") throw invalidArgument("initial", "initial must be a function that makes a state");
  checkPolicy(snapshots);
  return { name, schema, snapshots, types, initial: begin, step };

  function begin(): State {
    try {
      return refuseThenable(initial(), "initial");
    } catch (cause) {
      const message = `the ${what} "${name}" has no initial state: ${describe(cause)}`;
      throw new EventStoreError("projection-failed", message, { name, position: 0, eventId: "" }, cause);
    }
  }

  function step(state: State, event: StoredEvent): State {
    const handler = handlerOf(event.type);
    if (handler === undefined) return state;
    try {
      const next = refuseThenable(handler(state, event), "the handler");
      if (next === undefined) throw new TypeError("the handler returned no state");
      return next;
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

function checkPolicy(policy: SnapshotPolicy | undefined): void {
  if (policy === undefined) return;
  checkOptions(policy, ["every", "slowerThan", "keep"], "snapshots");
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
