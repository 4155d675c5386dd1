import type { AppendAllOptions } from "../append/append.ts";
import type { Event, Metadata, NewEvent, StoredEvent } from "../event.ts";
import type { Loaded, LoadOptions } from "../projections/projection.ts";
import type { KeptAs } from "../projections/snapshot.ts";
import type { StoreContext } from "../storage/store-context.ts";
import type { commandKey } from "./idempotency-key.ts";

/** How to execute a command. */
export interface ExecuteOptions extends AppendAllOptions {
  /**
   * How often to decide again after a version conflict, from 0; default 100. Then `execute` rejects with `version-conflict`. A
   * retry reads only the events that the conflict did not already carry.
   */
  readonly retries?: number | undefined;
  /**
   * Makes repeated calls with the same key on the same stream one command, in whatever process: its events are stored once, and
   * every call returns them. A command that stored no events is decided again. At least one character; default: each call is a
   * command of its own.
   */
  readonly idempotencyKey?: string | undefined;
  /** Metadata for each event, a JSON object. The metadata of an event from `decide` takes precedence, key by key. */
  readonly metadata?: Metadata | undefined;
}

/** The result of a command. */
export interface Executed<State, E extends Event = Event> {
  /** The stored events that `decide` returned; empty if it returned none. */
  readonly events: readonly StoredEvent<E>[];
  /** The state including these events; computed when it is first read. */
  readonly state: State;
  /** The stream's version that `state` belongs to. */
  readonly version: number;
  /** The position of the last of these events, for `caughtUp(position)`; undefined if there are none. */
  readonly position: number | undefined;
  /**
   * Whether the events were stored before this call: by a command with the same idempotency key or event ids, or by an earlier
   * attempt of this append whose answer was lost.
   */
  readonly repeated: boolean;
}

/** How commands become events, as `defineDecider` of `rivulet/deciders` describes it. */
export interface Decider<State, Command, E extends Event = Event> {
  /** The name given to `defineDecider`; default "decider". */
  readonly name: string;
  /** For rivulet itself. */
  readonly _rivulet: DeciderInternals<State, Command, E>;
}

/**
 * What a decider does for the stream that executes with it. The definition carries this code, so that an application which
 * executes no commands does not download it.
 */
interface DeciderInternals<State, Command, E extends Event> {
  /** Exists for the compiler only, which infers the decided and handled events from it. */
  readonly events?: E;
  readonly kept: KeptAs;
  /** Folds a stream, like a projection of the decider's state. */
  load(context: StoreContext, stream: string, options: LoadOptions): Promise<Loaded<State>>;
  /** Returns the state after an event. @throws `projection-failed`. */
  step(state: State, event: StoredEvent): State;
  /** Returns the events of a command, with the ids that `idOf` makes. Throws what `decide` throws. */
  decide(command: Command, state: State, idOf: (index: number) => string): readonly NewEvent[];
  /** Makes the idempotency key of a command, for replicas. @throws `invalid-argument`. */
  readonly keyOf: typeof commandKey;
  /** Implements `stream.execute`. */
  execute(
    context: StoreContext,
    stream: string,
    command: Command,
    options: ExecuteOptions,
  ): Promise<Executed<State, E>>;
}
