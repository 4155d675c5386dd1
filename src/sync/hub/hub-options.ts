import type { Decider } from "../../deciders/decider.ts";
import type { StandardSchema } from "../../events/standard-schema.ts";
import type { EventRecord } from "../../storage/protocol.ts";

/** A decider whose commands a hub executes. */
export interface HubDecider {
  /** The decider itself. */
  readonly decider: Decider<unknown, unknown>;
  /** Checks the data of a command, which comes from outside. Default: any JSON value. */
  readonly command?: StandardSchema | undefined;
}

/** What a client wants to append to one stream. */
export interface AskedAppend {
  /** The name of the stream. */
  readonly stream: string;
  /** The events as they would be stored, with their data as JSON text. */
  readonly events: readonly EventRecord[];
}

/** A command that a client wants to have executed. */
export interface AskedCommand {
  /** The name of the stream. */
  readonly stream: string;
  /** The name of the decider. */
  readonly decider: string;
  /** The command. */
  readonly command: unknown;
}

/** True, or why it is refused. */
export type Verdict = true | string;

/**
 * Who may do what at a hub, and the deciders of its commands. A rule may return a promise. One that throws, or takes longer than
 * `limits.ruleTime`, permits nothing: the replica tries again later.
 */
export interface HubRules<Client> {
  /** Whether a client may follow a stream; whole streams only, so that versions have no gaps. Default: every stream. */
  readonly mayFollow?: ((client: Client, stream: string) => boolean | PromiseLike<boolean>) | undefined;
  /** Whether a client may append these events. Default: none. */
  readonly mayAppend?: ((client: Client, asked: AskedAppend) => Verdict | PromiseLike<Verdict>) | undefined;
  /** Whether a client may have a command executed. Default: every command of `deciders`. */
  readonly mayExecute?: ((client: Client, asked: AskedCommand) => Verdict | PromiseLike<Verdict>) | undefined;
  /** The deciders by name. */
  readonly deciders?: Readonly<Record<string, Decider<unknown, unknown> | HubDecider>> | undefined;
}

/** The limits of a hub. */
export interface HubLimits {
  /** The most entries of a push; default 100. The hub takes as many, and the replica sends the others again. */
  readonly entries?: number | undefined;
  /** The most bytes of a request; default 1 MiB. */
  readonly bytes?: number | undefined;
  /** The most lasting pulls of one client; default 20. */
  readonly pulls?: number | undefined;
  /** After how many milliseconds without news a live pull says that it is alive; default 15,000. */
  readonly heartbeat?: number | undefined;
  /** The most requests a second of one client, over ten seconds; default 100. More are refused with status 429 and `Retry-After`. */
  readonly requests?: number | undefined;
  /** The most commands and appends a second of one client, over ten seconds; default 1,000. */
  readonly entriesPerSecond?: number | undefined;
  /**
   * For how many milliseconds the hub remembers commands and appends that wrote nothing, so that a copy of them is not decided again;
   * default 90 days. Older ones that are pushed, and were not confirmed, are refused with the reason `expired`.
   */
  readonly horizon?: number | undefined;
  /** How many milliseconds a rule that returns a promise may take; default 10,000. */
  readonly ruleTime?: number | undefined;
}
