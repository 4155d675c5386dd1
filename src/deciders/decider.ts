import type { AppendAllOptions } from "../append/append.ts";
import type { Event, Metadata, StoredEvent } from "../event.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** How a command is carried out. */
export interface ExecuteOptions extends AppendAllOptions {
  /**
   * How often it is decided again where others were faster, from 0; default 100. A new decision needs no new read where the
   * conflict told all that was missing. When they are used up, it rejects with `version-conflict`.
   */
  readonly retries?: number | undefined;
  /**
   * The same key on the same stream is one command, however often it is executed, by whomever: what was decided the first time
   * is written once, and is the result every time. A command that wrote nothing left nothing to be known by, and is decided
   * anew. 1 character or more; default: every call is a command of its own.
   */
  readonly idempotencyKey?: string | undefined;
  /** A JSON object for each event's metadata: who, from where. What the decision itself says comes first. */
  readonly metadata?: Metadata | undefined;
}

/** What became of a command. */
export interface Executed<State, E extends Event = Event> {
  /** What was decided, as it is stored; none: nothing was to be done. */
  readonly events: readonly StoredEvent<E>[];
  /** With these events in it; folded when it is looked at. */
  readonly state: State;
  /** Of the stream, up to which `state` goes. */
  readonly version: number;
  /** Of the last of these events, to wait for: `caughtUp(position)`. Undefined: nothing was written. */
  readonly position: number | undefined;
  /**
   * The events were there before: the command was executed already, under the same idempotency key or event ids, or its first
   * answer was lost on the way and the append sent again.
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
  /** For `stream.execute`. */
  execute(source: StoreContext, stream: string, command: Command, options: ExecuteOptions): Promise<Executed<State, E>>;
}
