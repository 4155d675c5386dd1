import type { ModelKey } from "../model-names.ts";
import type {
  AppendOutcome,
  AppendRequest,
  ConsumerMove,
  ConsumerOutcome,
  EventPage,
  Failure,
  Fence,
  LeaseOutcome,
  LeaseQuery,
  LeaseRequest,
  ModelBatch,
  ModelOutcome,
  ModelOpening,
  ModelQuery,
  ModelRebuild,
  ModelRetry,
  ModelRows,
  ModelState,
  ModelSweep,
  NewSnapshotRecord,
  PageQuery,
  ConsumerParkedQuery,
  ConsumerParked,
  ParkedRecord,
  SnapshotQuery,
  SnapshotRecord,
  StorageInfo,
  StorageNews,
  StreamsPage,
  StreamsQuery,
} from "../storage/protocol.ts";

/** What can be asked over an endpoint: the storage protocol's members, each with its one argument and its answer. */
export interface Calls {
  append: { readonly argument: readonly AppendRequest[]; readonly answer: readonly AppendOutcome[] };
  readPage: { readonly argument: PageQuery; readonly answer: EventPage };
  listStreams: { readonly argument: StreamsQuery; readonly answer: StreamsPage };
  head: { readonly argument: undefined; readonly answer: number };
  version: { readonly argument: string; readonly answer: number };
  positionAt: { readonly argument: number; readonly answer: number };
  saveSnapshot: { readonly argument: NewSnapshotRecord; readonly answer: void };
  loadSnapshot: { readonly argument: SnapshotQuery; readonly answer: SnapshotRecord | undefined };
  info: { readonly argument: undefined; readonly answer: StorageInfo };
  openModel: { readonly argument: ModelOpening; readonly answer: ModelState };
  modelState: { readonly argument: ModelKey; readonly answer: ModelState };
  applyToModel: { readonly argument: ModelBatch; readonly answer: ModelOutcome };
  beginRebuild: { readonly argument: ModelRebuild; readonly answer: ModelState };
  sweepModels: { readonly argument: ModelSweep; readonly answer: void };
  listParked: { readonly argument: ModelKey; readonly answer: readonly ParkedRecord[] };
  retryParked: { readonly argument: ModelRetry; readonly answer: ModelOutcome };
  queryModels: { readonly argument: ModelQuery; readonly answer: ModelRows };
  acquireLease: { readonly argument: LeaseRequest; readonly answer: LeaseOutcome };
  releaseLease: { readonly argument: Fence; readonly answer: void };
  listLeases: { readonly argument: LeaseQuery; readonly answer: readonly string[] };
  loadCheckpoint: { readonly argument: string; readonly answer: number | null };
  moveConsumer: { readonly argument: ConsumerMove; readonly answer: ConsumerOutcome };
  listConsumerParked: { readonly argument: ConsumerParkedQuery; readonly answer: readonly ConsumerParked[] };
  /** Whether news is wanted. */
  listen: { readonly argument: boolean; readonly answer: void };
  /** Something that the adapter adds to the protocol, which must bear being asked again. */
  verb: { readonly argument: VerbCall; readonly answer: unknown };
  close: { readonly argument: undefined; readonly answer: void };
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
