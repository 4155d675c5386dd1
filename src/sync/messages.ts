import { uuidOf } from "../deciders/uuid-v5.ts";
import { EventStoreError } from "../errors.ts";
import type { StoredEvent } from "../event.ts";
import { stringify, toJson, type JsonText } from "../events/json.ts";
import type { AbortSignalLike } from "../platform.ts";
import { checkObjectText } from "../remote/checks.ts";
import type { EventRecord, ExpectedVersion, FollowedRecord, HubPlace, StoredRecord } from "../storage/protocol.ts";

/** The version of the messages between replicas and hubs. A hub refuses a replica that speaks another. */
export const PROTOCOL = 1;

/** The version of each event type that some code writes. */
export type Schemas = Readonly<Record<string, number>>;

/** Asks for the events of items after their places. */
export interface PullMessage {
  readonly protocol: number;
  /** The lineage that the replica knows its hub by; null at first. */
  readonly lineage: string | null;
  readonly items: readonly FollowedRecord[];
  /** The version of each event type that the replica's code writes. Absent if it defines none. */
  readonly schemas?: Schemas;
  /** Whether new events are awaited once history is read. */
  readonly live: boolean;
  /** Ends the answer after its first line, for proxies that pass it on only when it is complete. Default false. */
  readonly once?: boolean;
  /** Whether a line without events may wait for the next heartbeat, because the replica was caught up before. Default false. */
  readonly quiet?: boolean;
}

/** An event: `[position, stream, version, id, type, schemaVersion, timestamp, metadata | null, data?]`. */
export type EventRow = readonly unknown[];

/** A part of the answer to a {@link PullMessage}. A part without events says that the connection is alive. */
export interface PullLine {
  readonly lineage: string;
  /** The position up to which earlier lines went; the first line's is the earliest place that was asked for. */
  readonly after: number;
  /** In the hub's order. */
  readonly events: readonly EventRow[];
  /** Every event of the items up to this place is in this line or was in an earlier one. */
  readonly place: HubPlace;
  /** The hub's head when the line was made: so far the replica is behind it. */
  readonly head: number;
  /** Whether the place was the hub's head. */
  readonly caughtUp: boolean;
  /** The names of streams among the items that this client may not follow, or no longer. */
  readonly gone: readonly string[];
}

/** Sends entries of the outbox, in their order. */
export interface PushMessage {
  readonly protocol: number;
  readonly lineage: string;
  /** The places of the replica, by which the hub makes sure that it still has the history that the replica knows. */
  readonly places: readonly HubPlace[];
  readonly entries: readonly PushedEntry[];
  /** As in a {@link PullMessage}. */
  readonly schemas?: Schemas;
  /** For how many milliseconds each entry has been in the outbox, by the replica's clock. Default: none of them is old. */
  readonly ages?: readonly number[];
}

/** A command, which the hub decides itself. */
export interface PushedCommand {
  /** Tells it from an append. */
  readonly kind: "command";
  /** The stream that it is decided on. */
  readonly stream: string;
  /** The name of the decider. */
  readonly decider: string;
  /** The idempotency key, which makes the ids of the command's events. */
  readonly key: string;
  /** The command as JSON; null if it is undefined. */
  readonly command: JsonText | null;
  /** Metadata of its events, as JSON. */
  readonly metadata: JsonText | null;
}

/** Events that are facts: all of them are appended, or none. */
export interface PushedAppend {
  /** Tells it from a command. */
  readonly kind: "append";
  /** The key under which a refusal is kept. */
  readonly key: string;
  /** The events of each stream, and the version that the stream must have. */
  readonly entries: readonly {
    readonly stream: string;
    readonly expectedVersion: ExpectedVersion;
    readonly events: readonly EventRecord[];
  }[];
}

/** A command or an append of the outbox, as it is sent. */
export type PushedEntry = PushedCommand | PushedAppend;

/** Why an entry was not taken. */
export interface Reason {
  /** An error code, or "refused" if a decider or the hub's rules refuse it. */
  readonly code: string;
  /** The reason in words. */
  readonly message: string;
  /** Of a `version-conflict`: the stream whose version is another, and its version at the hub then. */
  readonly conflict?: { readonly stream: string; readonly actual: number };
}

/** What an entry led to. */
export type EntryAnswer =
  /** Its events are stored; the last of them at this position of the hub. */
  | { readonly outcome: "confirmed"; readonly position: number }
  /** The command was decided, and wrote nothing. */
  | { readonly outcome: "nothing" }
  /** It is refused for good. */
  | { readonly outcome: "refused"; readonly reason: Reason }
  /** It was not looked at, because of a passing trouble or of an earlier entry of the same stream: push it again. */
  | { readonly outcome: "later"; readonly reason: Reason };

export interface PushAnswer {
  /** One for each entry. */
  readonly answers: readonly EntryAnswer[];
}

/** How a replica reaches its hub. A call that fails may have reached it. */
export interface Transport {
  push(message: PushMessage, signal: AbortSignalLike): Promise<PushAnswer>;
  pull(message: PullMessage, signal: AbortSignalLike): AsyncIterable<PullLine>;
}

/**
 * A token for the event at a position, by which a hub recognises its own history. It tells nothing about the event. The time belongs to
 * it, because a hub that was restored may get the same event again at the same position.
 */
export function markOf(lineage: string, { position, id, timestamp }: StoredEvent): string {
  return uuidOf(stringify([lineage, position, id, timestamp]));
}

export function toRow({
  position,
  stream,
  version,
  id,
  type,
  schemaVersion,
  timestamp,
  metadata,
  data,
}: StoredEvent): EventRow {
  const plain = Object.keys(metadata).length === 0 ? null : metadata;
  const row = [position, stream, version, id, type, schemaVersion, timestamp, plain];
  return data === undefined ? row : [...row, data];
}

/** Turns a row into a record, whose other fields have to be checked. @throws `invalid-event` for data or metadata. */
export function fromRow(row: EventRow, path: string): StoredRecord {
  const [position, stream, version, id, type, schemaVersion, timestamp, metadata, data] = row;
  const at = `${path}.metadata`;
  return {
    position,
    stream,
    version,
    id,
    type,
    schemaVersion,
    timestamp,
    // Checked and written at once: this is most of the work for an event.
    metadata: metadata === null ? null : checkObjectText(toJson(metadata, at), at),
    data: row.length < 9 ? null : toJson(data, `${path}.data`),
  } as StoredRecord;
}

/** The error for a hub that is not, or no longer, the one whose history the replica has. */
export function hubChanged(why: string): EventStoreError<"hub-changed"> {
  const message = `${why}: this replica keeps what it has and sends nothing; start a new one beside it`;
  return new EventStoreError("hub-changed", message, {});
}
