import type { Failure, StorageNews } from "../storage/protocol.ts";
import type { Capability, RootVerbs, VerbGroups } from "../storage/verbs.ts";

/** A verb's one argument and its answer, from its signature. */
type CallOf<Verb> = Verb extends (...given: infer Given) => Promise<infer Answer>
  ? { readonly argument: Given extends readonly [infer Argument] ? Argument : undefined; readonly answer: Answer }
  : never;

type CallsOf<Verbs> = { readonly [Name in keyof Verbs]: CallOf<Verbs[Name]> };

/** What can be asked over an endpoint: the verbs of the storage protocol, and what an endpoint adds. */
export interface Calls
  extends
    CallsOf<RootVerbs>,
    CallsOf<VerbGroups["models"]>,
    CallsOf<VerbGroups["leases"]>,
    CallsOf<VerbGroups["consumers"]> {
  /** What the storage at the other end has of all that it may lack. */
  readonly capabilities: { readonly argument: undefined; readonly answer: readonly Capability[] };
  /** Whether news is wanted. */
  readonly listen: { readonly argument: boolean; readonly answer: void };
  /** Something that the adapter adds to the protocol, which must bear being asked again. */
  readonly verb: { readonly argument: VerbCall; readonly answer: unknown };
  readonly close: { readonly argument: undefined; readonly answer: void };
}

interface VerbCall {
  readonly name: string;
  readonly argument?: unknown;
}

export type CallName = keyof Calls;

/** From the client. Numbers ascend within one client; all of these calls may be sent again without harm. */
export type Request = {
  readonly [Name in CallName]: { readonly n: number; readonly call: Name; readonly argument: Calls[Name]["argument"] };
}[CallName];

/** From the server: an answer, a failure, or, asked for long ago, news, or that there will be none any more. */
export type Reply =
  | { readonly n: number; readonly answer: unknown }
  | { readonly n: number; readonly failure: Failure }
  | { readonly news: StorageNews }
  | { readonly ended: Failure };

/**
 * One end of a message channel, described by what is used of it: a `MessagePort` of a browser or of Node is one. Messages
 * arrive whole, in order, once; or not at all, when the other end has gone.
 */
export interface Endpoint {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  /** A port delivers nothing before it is started. */
  start?(): void;
}
