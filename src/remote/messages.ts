import type { Failure, StorageNews } from "../storage/protocol.ts";
import type { Capability, RootVerbs, VerbGroups } from "../storage/verbs.ts";

/** The argument and the answer of a verb, inferred from its signature. */
type CallOf<Verb> = Verb extends (...given: infer Given) => Promise<infer Answer>
  ? {
      readonly argument: Given extends readonly [infer Argument, ...unknown[]] ? Argument : undefined;
      readonly answer: Answer;
    }
  : never;

type CallsOf<Verbs> = { readonly [Name in keyof Verbs]: CallOf<Verbs[Name]> };

/** The calls over an endpoint: the verbs of the storage protocol, and a few more. */
export interface Calls
  extends
    CallsOf<RootVerbs>,
    CallsOf<VerbGroups["models"]>,
    CallsOf<VerbGroups["leases"]>,
    CallsOf<VerbGroups["consumers"]>,
    CallsOf<VerbGroups["sync"]> {
  /** The groups of verbs that the storage has. */
  readonly capabilities: { readonly argument: undefined; readonly answer: readonly Capability[] };
  /** Subscribes to news (true) or unsubscribes. */
  readonly listen: { readonly argument: boolean; readonly answer: void };
  /** Calls one of the server's own verbs. */
  readonly verb: { readonly argument: VerbCall; readonly answer: unknown };
  readonly close: { readonly argument: undefined; readonly answer: void };
}

interface VerbCall {
  readonly name: string;
  readonly argument?: unknown;
}

export type CallName = keyof Calls;

/** A message of a client. Numbers rise within one client. Every call may be sent twice without harm. */
export type Request = {
  readonly [Name in CallName]: { readonly n: number; readonly call: Name; readonly argument: Calls[Name]["argument"] };
}[CallName];

/** A message of the server: an answer, a failure, news, or the end of the news. */
export type Reply =
  | { readonly n: number; readonly answer: unknown }
  | { readonly n: number; readonly failure: Failure }
  | { readonly news: StorageNews }
  | { readonly ended: Failure };

/**
 * One end of a message channel, such as a `MessagePort` of a browser or of Node. Messages arrive in order and once, or not at all if
 * the other end is gone.
 */
export interface Endpoint {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  /** Starts a port, which delivers no messages before. */
  start?(): void;
}
