/**
 * The storage protocol: the interface between the store and what keeps its events. Types only. A call is about events (a batch of
 * appends, a page of events), never about one statement, so that the same calls serve SQLite in this thread, in a worker and in
 * another tab. All values are plain data that structured clone can copy. A storage rejects with an `EventStoreError`.
 */

import type { Failure } from "./failure.ts";
import type { EventField, ExpectedVersion } from "../event.ts";
import type { RecordFilter } from "../events/filter.ts";
import type { JsonText } from "../events/json.ts";
import type { ConsumerStorage } from "./consumer-protocol.ts";
import type { StorageContents } from "./contents-protocol.ts";
import type { LeaseStorage, RuntimeLocks } from "./lease-protocol.ts";
import type { SqlStorage } from "./read-model-protocol.ts";
import type { StorageInfo } from "./storage-info.ts";
import type { SyncStorage } from "./sync-protocol.ts";

export type { EventField, ExpectedVersion, Failure, JsonText, RecordFilter };
export type * from "./consumer-protocol.ts";
export type * from "./contents-protocol.ts";
export type * from "./lease-protocol.ts";
export type * from "./read-model-protocol.ts";
export type { StorageInfo } from "./storage-info.ts";
export type * from "./sync-protocol.ts";

/** An event to store. It gets its id and time before it is queued, so that a resent request is the same request. */
export interface EventRecord {
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** `null`: the event has no data. */
  readonly data: JsonText | null;
  /** `null`: no metadata, which reads back as `{}`. */
  readonly metadata: JsonText | null;
  /** Whether the application's `newId` made the id: an event stored under it, other than by this request, is another event. */
  readonly drawn?: boolean;
}

/** A stored event, with unparsed JSON. */
export interface StoredRecord extends EventRecord {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  /** Milliseconds since the epoch; never decreasing along `version`, nor along `position` but in a replica. */
  readonly timestamp: number;
}

/** New events for one stream. */
export interface AppendEntry {
  readonly stream: string;
  readonly expectedVersion: ExpectedVersion;
  readonly events: readonly EventRecord[];
  /**
   * When imported events were recorded, in milliseconds since the epoch. They keep this time unless the newest stored event is later.
   * Absent, or then: the request's time.
   */
  readonly recordedAt?: number;
}

/** One atomic append over one stream or several; later entries see earlier ones. */
export interface AppendRequest {
  readonly entries: readonly AppendEntry[];
  /** When the append was called, in milliseconds since the epoch; the storage raises it to the time of its newest event. */
  readonly timestamp: number;
  /**
   * A hint that all ids are new, so that the storage need not look them up first. It may be wrong, as when a request is resent, and
   * the storage must still be correct.
   */
  readonly freshIds: boolean;
  /** An earlier attempt, whose answer was lost, may have stored this request after this position. Absent: the first attempt. */
  readonly resentAfter?: number;
  /** The key of a command that a hub executes: nothing is appended if a result is kept under it. */
  readonly unlessKept?: string;
}

/** The outcome of one entry. Its new events have consecutive positions and versions, from `position` and `version` on. */
export interface CommittedEntry {
  /** The position of the first new event; meaningless if there is none. */
  readonly position: number;
  /** The version of the first new event; meaningless if there is none. */
  readonly version: number;
  /** The events that were stored before, by their index in the entry. */
  readonly known: readonly KnownEvent[];
  /** The time of the new events, if the entry has its own `recordedAt`. */
  readonly timestamp?: number;
}

/** An event of an entry that was stored before. */
export interface KnownEvent {
  readonly index: number;
  readonly record: StoredRecord;
}

/** The outcome of one append request. */
export type AppendOutcome =
  /** `timestamp`: the time of the new events, except for entries with their own. */
  | { readonly ok: true; readonly timestamp: number; readonly entries: readonly CommittedEntry[] }
  | {
      readonly ok: false;
      readonly failure: Failure;
      /** With a version conflict: the first 100 events after the expected version. */
      readonly unseen?: EventPage;
    };

/**
 * Asks for one page of a read. The key is the version if `stream` is given, else the position. A storage may return more events than
 * the filter selects, never fewer: the client filters again.
 */
export interface PageQuery {
  /** Reads this stream only. */
  readonly stream?: string;
  /** Exclusive lower bound of the key. */
  readonly after: number;
  /** Inclusive upper bound of the key. */
  readonly upTo: number;
  /** Inclusive upper bound of the position; absent: the current head, which the page returns. */
  readonly head?: number;
  readonly direction: "forward" | "backward";
  /** The most events to return, from 1. A storage may return fewer; `done` says whether there are more. */
  readonly limit: number;
  /** Reads only events that this filter selects. */
  readonly filter?: RecordFilter;
  /** A hint: the reader looks at these beside position, type and data; others may be "", 0 or null, which is less work. Absent: all. */
  readonly fields?: readonly EventField[];
  /** A hint beside `fields`: the reader also takes a page of columns. */
  readonly columns?: boolean;
}

/** One page of a read. */
export interface EventPage {
  /**
   * The events as a JSON array, text or UTF-8 bytes. Each event is an array:
   * `[position, stream, version, id, type, schemaVersion, timestamp, metadata | null, data?]`.
   * The id is `"t"` and its text, or, shorter for a canonical UUID, `"u"` and its 32 hexadecimal digits in either case.
   *
   * Or, if the query asks for `columns`, an array of names of fields, and then an array for each of them, with a value for each event:
   * `position`, those of `fields`, and `type` if the filter has several; `data` of the events that have any, and `absent`, the positions
   * of the others. A number that the storage chooses at random is before, between and after the values of `data` and of `metadata`.
   */
  readonly rows: string | Uint8Array;
  /** How many events `rows` holds. */
  readonly count: number;
  /** The head at which the read ends, to be passed in the next query. */
  readonly head: number;
  /** Where the next page starts: the next query's `after` when reading forward, its `upTo` when reading backward. */
  readonly cursor: number;
  /** Whether this is the last page. */
  readonly done: boolean;
}

/** Asks for one page of the list of streams. */
export interface StreamsQuery {
  /** Lists only streams whose name starts with this text. */
  readonly prefix?: string;
  /** The `cursor` of the page before, which is opaque; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
}

/** One page of the list of streams, in the order of their first events. */
export interface StreamsPage {
  readonly streams: readonly { readonly name: string; readonly version: number }[];
  readonly cursor: number;
  readonly done: boolean;
}

/** A state folded from a stream up to a version. */
export interface SnapshotRecord {
  /** A stream's name, or "@all" for the whole store, whose versions are positions. */
  readonly stream: string;
  readonly projection: string;
  readonly schema: number;
  readonly version: number;
  readonly state: JsonText;
  /** When it was saved, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** A snapshot to save. */
export interface NewSnapshotRecord extends SnapshotRecord {
  /** How many of the newest snapshots of this stream, projection and schema to keep; absent: all. */
  readonly keep?: number;
}

/** Asks for a snapshot. */
export interface SnapshotQuery {
  readonly stream: string;
  readonly projection: string;
  readonly schema: number;
  /** The newest snapshot at or below this version. */
  readonly upTo: number;
}

/** A change of the storage, by whatever process. It may arrive before or after the answer to the append that caused it. */
export interface StorageNews {
  /** Rises when another process or tab takes over the storage; the first news of an epoch may report no change. */
  readonly epoch: number;
  /** The newest position; it never falls within one epoch. */
  readonly head: number;
  /** The generation of each read model, by `NAME.SCHEMA`; absent if no read model has changed. */
  readonly models?: Readonly<Record<string, number>>;
  /** The generation of what the store shows as a replica; absent if that has not changed. */
  readonly replica?: number;
  /** The appended events, if they are few and this process, thread or tab knows them, so that up-to-date clients need not read them. */
  readonly fresh?: FreshEvents;
}

/** All events from a position, exclusive, to the head of the news. */
export interface FreshEvents {
  readonly after: number;
  readonly page: EventPage;
}

/** What keeps the events of a store: implemented by adapters, and called by the store. */
export interface EventStorage extends SqlStorage, RuntimeLocks {
  /**
   * Appends each request atomically and in order. Resolves with one outcome for each, once it is durable; rejects only if the whole
   * batch has failed in the same way.
   */
  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]>;
  /** Reads one page of events. */
  readPage(query: PageQuery): Promise<EventPage>;
  /** Lists one page of streams. */
  listStreams(query: StreamsQuery): Promise<StreamsPage>;
  /** Resolves with the newest position; 0 in an empty store. */
  head(): Promise<number>;
  /** Resolves with a stream's version; 0 if there is no such stream. */
  version(stream: string): Promise<number>;
  /** Resolves with the newest position whose timestamp is at most this one; 0 if there is none. */
  positionAt(timestamp: number): Promise<number>;
  /** Saves a snapshot. Saving it twice changes nothing. @throws `invalid-argument` beyond the stream's version. */
  saveSnapshot(snapshot: NewSnapshotRecord): Promise<void>;
  /** Resolves with the newest snapshot that the query allows, or undefined. */
  loadSnapshot(query: SnapshotQuery): Promise<SnapshotRecord | undefined>;
  /** Describes the storage. */
  info(): Promise<StorageInfo>;
  readonly leases: LeaseStorage;
  readonly consumers: ConsumerStorage;
  /** What replicas and hubs store. Absent if the storage can be neither. */
  readonly sync?: SyncStorage;
  /** For copies of the store. Absent if the storage works in another thread or process. */
  readonly contents?: StorageContents;
  /**
   * Calls the listener after every change from now on, by whatever process, until the returned function is called. Other processes
   * are watched only while there is a listener. `onEnd` is called if there will be no more news, with the reason.
   */
  onChange(listener: (news: StorageNews) => void, onEnd?: (error: unknown) => void): () => void;
  /** Closes the storage. */
  close(): Promise<void>;
}
