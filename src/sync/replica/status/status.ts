import type { StreamAppend } from "../../../append/append.ts";
import type { PushedEntry, Reason } from "../../messages.ts";
import type { Connection } from "../speaking/session.ts";

/** How a replica stands with its hub, as this client knows it. */
export interface ReplicaStatus {
  /**
   * "offline": the hub cannot be reached, or nothing is followed. "waiting": another client of the same database speaks with the hub; tabs of
   * a browser show its connection instead. "stopped": `error` has ended it, or it was closed.
   */
  readonly connection: Connection | "unauthorized" | "stopped";
  /** Why the last attempt has failed; undefined if it has not. */
  readonly error?: unknown;
  /** How many commands and appends the hub has not confirmed. */
  readonly pending: number;
  /** How many commands and appends the hub has refused, until they are retried or discarded. */
  readonly rejected: number;
  /**
   * Why the hub has not decided yet what it was sent, which is sent again after a pause: a rule of it has failed, or it does not know an
   * event's version yet. Undefined if nothing is put off.
   */
  readonly delayed?: Reason | undefined;
  /**
   * How many of the hub's positions were ahead of this replica when the hub was last heard; undefined as long as this client has not heard
   * it. Positions count the events of all streams of the hub, so fewer events may be missing here.
   */
  readonly lag?: number | undefined;
  /** How far the replica has caught up; undefined unless it is "catching-up". */
  readonly progress?: CatchUpProgress | undefined;
  /** Streams that the hub does not give to this client, or no longer. What is stored of them stays. */
  readonly gone: readonly string[];
}

/** How far a replica has caught up with its hub. After an interruption it goes on from there. */
export interface CatchUpProgress {
  /** The hub's position up to which every event of the followed streams is stored here. */
  readonly position: number;
  /** The newest position of the hub. */
  readonly head: number;
}

/** What listeners of a replica are told. */
export interface ReplicaNews {
  /** The commands and appends that have been rejected since the last call; mostly none. */
  readonly rejected: readonly OutboxItem[];
}

/** A command or an append in the outbox. */
export interface OutboxItem {
  /** Identifies it for `retry` and `discard`. */
  readonly id: string;
  /** The streams that it concerns. */
  readonly streams: readonly string[];
  /** The command or append, as it is sent. */
  readonly entry: PushedEntry;
  /** When it was queued, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** Why the hub has refused it; undefined while it is pending. */
  readonly rejected?: Reason;
  /** What a pending command throws when it is decided again on the newest events: the hub may still decide otherwise. */
  readonly error?: unknown;
}

/** An append whose expected version is not that of the hub. */
export interface AppendConflict {
  /** The id of the append in the outbox. */
  readonly id: string;
  /** The append, as it was queued. */
  readonly entries: readonly StreamAppend[];
  /** The stream with another version. */
  readonly stream: string;
  /** The version of this stream at the hub when it refused the append. */
  readonly actual: number;
}

/** Streams by their names, or by how their names start. */
export interface FollowedStreams {
  /** Streams to follow, each of them whole. */
  readonly streams?: readonly string[] | undefined;
  /** Follows every stream whose name starts with one of these texts. */
  readonly streamPrefixes?: readonly string[] | undefined;
}

/** Streams that are followed no longer. */
export interface UnfollowOptions extends FollowedStreams {
  /**
   * Whether commands and appends of these streams in the outbox are removed, pending or rejected; default false. The hub may have taken some
   * of those that are pending.
   */
  readonly discardPending?: boolean | undefined;
}
