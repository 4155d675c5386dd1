import type { JsonText } from "../events/json.ts";
import type { StoredRecord } from "./protocol.ts";

/** What a replica follows of its hub: one stream, or every stream whose name starts with a prefix. */
export interface FollowedItem {
  readonly kind: "stream" | "prefix";
  readonly name: string;
}

/** Asks to follow an item. */
export interface FollowRequest extends FollowedItem {
  /** Follows it from position 0 on again, because events of it are missing here. */
  readonly restart?: boolean;
}

/** A place in the hub's history. */
export interface HubPlace {
  /** A position of the hub. */
  readonly position: number;
  /** The hub's token for the event at this position, by which it recognises its own history; null at 0. */
  readonly mark: string | null;
}

/** An item, and up to which place all of its events are stored here. */
export interface FollowedRecord extends FollowedItem, HubPlace {}

/** Asks to follow items no longer. */
export interface UnfollowRequest {
  /** A prefix takes with it all followed streams whose names start with it. */
  readonly items: readonly FollowedItem[];
  /** Whether entries of the outbox that concern their streams are removed. Otherwise, none of them may be pending. */
  readonly discard: boolean;
}

/** The outcome of {@link UnfollowRequest}. Nothing is written unless it is "unfollowed". */
export type UnfollowOutcome =
  | { readonly outcome: "unfollowed" }
  | { readonly outcome: "pending"; readonly entries: number };

/** What a store knows as a replica. */
export interface ReplicaState {
  /** The lineage of its hub; null until the hub has been reached. */
  readonly lineage: string | null;
  /** Rises with every change of what a replica shows: of the outbox, or by confirmed events. */
  readonly generation: number;
  readonly items: readonly FollowedRecord[];
  /** What was followed before. Appends to its streams are still refused, and following it again goes on at its place. */
  readonly unfollowed: readonly FollowedRecord[];
}

/** Events that the hub has ordered, and what they change beside the events: applied in one transaction, or not at all. */
export interface ConfirmedBatch {
  /** The lineage of the hub. A store that has none yet takes it. */
  readonly lineage: string;
  /** In the hub's order. Their positions are the hub's, and are not stored. */
  readonly events: readonly StoredRecord[];
  /** The items that the batch was read for, each with the place after which it was read. */
  readonly items: readonly FollowedRecord[];
  /** The hub's place after the batch. Every event of the items up to it is in the batch, or was stored before. */
  readonly place: HubPlace;
}

/** The generations before and after a call: the same if it has changed nothing that a replica shows. */
export interface GenerationStep {
  readonly from: number;
  readonly to: number;
}

/** The outcome of a {@link ConfirmedBatch}. Nothing is written unless it is "applied". */
export type ConfirmedOutcome =
  /** The step is absent if the storage does not tell it: the outbox has to be read to know what it is now. */
  | { readonly outcome: "applied"; readonly step?: GenerationStep }
  /** The store's position is earlier for one of the items: the batch would leave out events. */
  | { readonly outcome: "behind" }
  /** An event's version does not follow: earlier events of its stream are missing here. */
  | { readonly outcome: "gap"; readonly stream: string; readonly version: number }
  /** Another event is stored in an event's place, or the same id in another place. */
  | { readonly outcome: "diverged"; readonly stream: string; readonly version: number; readonly id: string }
  /** The store follows another hub. */
  | { readonly outcome: "other-hub"; readonly lineage: string };

/** A command or append that the hub has not confirmed. */
export interface NewOutboxEntry {
  /** Unique in the outbox: the same entry queued again is known. */
  readonly id: string;
  /** The streams that it concerns. */
  readonly streams: readonly string[];
  /** The ids of events; once all of them are stored, the entry is confirmed. */
  readonly ids: readonly string[];
  /** What is sent to the hub. */
  readonly body: JsonText;
  /** When it was queued, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** An entry of the outbox. */
export interface OutboxEntry extends NewOutboxEntry {
  /** Its number, which rises in the order of the calls and is never reused. */
  readonly number: number;
  /** Why the hub has refused it for good, as JSON; null while it is pending. */
  readonly rejected: JsonText | null;
}

/** Asks to queue an entry. */
export interface Enqueue {
  readonly entry: NewOutboxEntry;
  /** The generation that the entry was decided at; absent if it depends on nothing. */
  readonly generation?: number;
  /** The most entries of an outbox. */
  readonly most: number;
  /** The id of a rejected entry that this one replaces. */
  readonly replaces?: string;
}

/** What a queued entry has become. */
export interface QueuedAs {
  readonly number: number;
  /** The generation that is reached with it. */
  readonly generation: number;
  /** The position of the newest event then. */
  readonly head: number;
}

/** The outcome of {@link Enqueue}. Nothing is written unless it is "queued". */
export type EnqueueOutcome =
  | {
      readonly outcome: "queued";
      /** Absent if the entry replaces another, or if some of its events are stored: the outbox has to be read to know what it is now. */
      readonly as?: QueuedAs;
      /** The same of an entry that replaces another, which has left. Storages of older builds do not tell it. */
      readonly instead?: QueuedAs;
    }
  /** An entry with this id is in the outbox, or its events are stored. */
  | { readonly outcome: "known" }
  /** The hub's events of this stream do not come here, or no longer. */
  | { readonly outcome: "not-followed"; readonly stream: string }
  /** The generation has changed: decide again. */
  | { readonly outcome: "moved" }
  | { readonly outcome: "full"; readonly entries: number }
  /** The entry to replace is not in the outbox as rejected. */
  | { readonly outcome: "gone" };

/** Asks for one page of the outbox, in the order of numbers. */
export interface OutboxQuery {
  /** Lists entries after this number. */
  readonly after: number;
  readonly limit: number;
}

/** One page of the outbox. */
export interface OutboxPage {
  readonly generation: number;
  readonly entries: readonly OutboxEntry[];
  readonly done: boolean;
}

/** What becomes of an entry whose events will not arrive. */
export interface Settlement {
  readonly id: string;
  /** Why the hub has refused it, as JSON; null removes it: it led to nothing, or it was rejected and is discarded. */
  readonly rejected: JsonText | null;
}

/** The outcome of a {@link Settlement}. */
export interface SettleOutcome {
  readonly step: GenerationStep;
}

/** What a command led to that wrote no events, kept at the hub under the command's key. */
export interface NewResult {
  readonly key: string;
  /** The id of its first event, if it had written one. */
  readonly id: string;
  readonly result: JsonText;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
  /** Removes the results that were kept before this time. */
  readonly before?: number;
}

/** What is kept under a command's key: a result, or the events of another run of the same command. */
export type KeptResult = { readonly kept: JsonText } | { readonly stored: true };

/** What replicas and hubs store beside events. Every call may be sent twice without harm. */
export interface SyncStorage {
  /** Resolves with what the store knows as a replica. */
  loadReplica(): Promise<ReplicaState>;
  /**
   * Follows items, unless they are followed already: from position 0 on, or from the place at which they were unfollowed. From then
   * on, appends to their streams are refused.
   */
  follow(items: readonly FollowRequest[]): Promise<ReplicaState>;
  /** Follows items no longer. Appends to their streams are refused as before, because their events are the hub's. */
  unfollow(request: UnfollowRequest): Promise<UnfollowOutcome>;
  /** Stores confirmed events, moves the items' places, and removes the entries that are confirmed. */
  applyConfirmed(batch: ConfirmedBatch): Promise<ConfirmedOutcome>;
  /**
   * Puts entries into the outbox in one transaction, in their order. Resolves with their outcomes up to the first that is not "queued":
   * later ones may have been decided on it, and are not looked at.
   */
  enqueue(requests: readonly Enqueue[]): Promise<readonly EnqueueOutcome[]>;
  /** Lists a page of the outbox. */
  listEntries(query: OutboxQuery): Promise<OutboxPage>;
  /** Marks an entry as rejected, or removes it. */
  settle(settlement: Settlement): Promise<SettleOutcome | void>;
  /** Resolves with the result kept under a key, or null. */
  loadResult(key: string): Promise<JsonText | null>;
  /** Keeps a result, unless one is kept under the key or the event is stored. Resolves with what is kept then. */
  saveResult(result: NewResult): Promise<KeptResult>;
}
