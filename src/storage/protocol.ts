/**
 * The seam between the core and everything that keeps events: types only.
 *
 * Messages cross it at the altitude of events (a batch of appends, a page of events), never a statement at a time,
 * so that the same calls serve a synchronous SQLite in this thread, one in a worker and one in another tab.
 * All values are plain data that structured clone carries. A storage rejects with an `EventStoreError`.
 */

import type { Failure } from "./failure.ts";
import type { ExpectedVersion } from "../event.ts";
import type { RecordFilter } from "../events/filter.ts";
import type { JsonText } from "../events/json.ts";
import type { AbortSignalLike } from "../platform.ts";
import type { ConsumerStorage } from "./consumer-protocol.ts";
import type { LeaseStorage, RuntimeLock } from "./lease-protocol.ts";
import type { ModelStorage } from "./read-model-protocol.ts";

export type { Failure } from "./failure.ts";
export type { ExpectedVersion } from "../event.ts";
export type { RecordFilter } from "../events/filter.ts";
export type { JsonText } from "../events/json.ts";
export type * from "./consumer-protocol.ts";
export type * from "./lease-protocol.ts";
export type * from "./read-model-protocol.ts";

/** An event on its way in. The client gives ids and times before queueing, so that a resend is the same request. */
export interface EventRecord {
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** `null`: the event has no data. */
  readonly data: JsonText | null;
  /** `null`: no metadata, which reads back as `{}`. */
  readonly metadata: JsonText | null;
  /** Made by the application's own `newId`: what is stored under it, but by an attempt of this very request, is another event. */
  readonly drawn?: boolean;
}

/** An event as stored, its JSON still unparsed. */
export interface StoredRecord extends EventRecord {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  /** Milliseconds since the epoch; never decreasing along `position`. */
  readonly timestamp: number;
}

/** New events for one stream. */
export interface AppendEntry {
  readonly stream: string;
  readonly expectedVersion: ExpectedVersion;
  readonly events: readonly EventRecord[];
  /**
   * When these events were recorded elsewhere, in milliseconds since the epoch: they keep it unless the storage's newest event
   * is younger, and are then recorded at the request's time. Absent: at the request's time.
   */
  readonly recordedAt?: number;
}

/** One atomic append over one stream or several; later entries see earlier ones. */
export interface AppendRequest {
  readonly entries: readonly AppendEntry[];
  /** When the append was made, in milliseconds since the epoch; the storage raises it to its newest event's. */
  readonly timestamp: number;
  /**
   * A hint: every id was made for this request, so that it need not be looked up at first. A storage is right also where the
   * hint is wrong, as it is when a request is sent again.
   */
  readonly freshIds: boolean;
  /** An earlier attempt, whose answer was lost, may have stored this, after this position (0: anywhere). Absent: the first attempt. */
  readonly resentAfter?: number;
}

/** What became of one entry. Its new events follow each other without gap from `position` and `version` on. */
export interface CommittedEntry {
  /** The position of the first new event; without meaning where all were known. */
  readonly position: number;
  /** The version of the first new event; without meaning where all were known. */
  readonly version: number;
  /** The events that were stored before, by their index in the entry. */
  readonly known: readonly KnownEvent[];
  /** Of the new events, where the entry came with a time of its own. */
  readonly timestamp?: number;
}

export interface KnownEvent {
  readonly index: number;
  readonly record: StoredRecord;
}

export type AppendOutcome =
  /** `timestamp`: of the new events, but for entries that tell one of their own. */
  | { readonly ok: true; readonly timestamp: number; readonly entries: readonly CommittedEntry[] }
  /** `unseen`: with a version conflict, at most the first 100 events after the expected version. */
  | { readonly ok: false; readonly failure: Failure; readonly unseen?: EventPage };

/**
 * One page of a walk. The key walked along is the version where `stream` is given, the position elsewhere.
 * A storage may return more than the filter asks for, never less: the client looks again.
 */
export interface PageQuery {
  readonly stream?: string;
  /** Exclusive lower bound of the key. */
  readonly after: number;
  /** Inclusive upper bound of the key. */
  readonly upTo: number;
  /** Inclusive upper bound of the position; absent: the head at this moment, which the page tells. */
  readonly head?: number;
  readonly direction: "forward" | "backward";
  /** At most so many events, from 1. A storage may return fewer, and then says by `done` whether there are more. */
  readonly limit: number;
  readonly filter?: RecordFilter;
}

export interface EventPage {
  /**
   * A JSON array of events, as text or its UTF-8 bytes, each an array:
   * `[position, stream, version, id, type, schemaVersion, timestamp, metadata | null, data?]`.
   * The id is `"t"` and its text, or, shorter for a canonical UUID, `"u"` and 32 hexadecimal digits of either case.
   */
  readonly rows: string | Uint8Array;
  /** How many events `rows` holds. */
  readonly count: number;
  /** The head that bounds this walk: pass it on with the next query. */
  readonly head: number;
  /** Where to go on: the next query's `after` going forward, its `upTo` going backward. */
  readonly cursor: number;
  /** Nothing is left in the bounds. */
  readonly done: boolean;
}

export interface StreamsQuery {
  readonly prefix?: string;
  /** Opaque: the `cursor` of the page before; 0 to start. */
  readonly after: number;
  readonly limit: number;
}

/** Streams in the order of their first events. */
export interface StreamsPage {
  readonly streams: readonly { readonly name: string; readonly version: number }[];
  readonly cursor: number;
  readonly done: boolean;
}

/** A state folded from a stream up to a version. */
export interface SnapshotRecord {
  /** A stream's name; "@all": the order of the whole store, whose versions are positions. */
  readonly stream: string;
  readonly projection: string;
  readonly schema: number;
  readonly version: number;
  readonly state: JsonText;
  /** When it was saved, in milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface NewSnapshotRecord extends SnapshotRecord {
  /** So many of the same stream, projection and schema stay, the newest ones; absent: all. */
  readonly keep?: number;
}

export interface SnapshotQuery {
  readonly stream: string;
  readonly projection: string;
  readonly schema: number;
  /** The newest snapshot at or below this version. */
  readonly upTo: number;
}

/**
 * That something changed: a few numbers, whoever did it. News and the answer to the append that caused it come in no
 * particular order.
 */
export interface StorageNews {
  /** Raised when another process or tab takes the storage over; the first news of an epoch may tell of no change. */
  readonly epoch: number;
  /** The newest position; it never falls within one epoch. */
  readonly head: number;
  /** The read models by `NAME.SCHEMA`, each with its generation; absent: no reason to think that one has moved. */
  readonly models?: Readonly<Record<string, number>>;
  /** What was appended, where it is little and comes from afar: whoever has seen what was before need not ask. */
  readonly fresh?: FreshEvents;
}

/** All events after one position up to the news's head. */
export interface FreshEvents {
  readonly after: number;
  readonly page: EventPage;
}

/** What a storage tells of itself. */
export interface StorageInfo {
  readonly adapter: string;
  readonly backend: "file" | "memory" | "opfs";
  /** What SQLite reaches the file through, where that is not its default: "opfs-sahpool". */
  readonly vfs?: string;
  /** Whether the events outlive the process. In a browser: whether the browser has promised not to evict them. */
  readonly persisted: boolean;
  readonly durability: "full" | "normal" | "none";
  readonly role: "leader" | "follower";
  readonly formatVersion: number;
  /**
   * Which history this is: a UUID made with the store, and made anew where a copy becomes a store of its own: by
   * `importDatabase`, `fork`, or an import of events into another store. A copy of the file as such has the same.
   */
  readonly lineage: string;
  /** The bytes that all of the site, or of the disk, may use; where known. */
  readonly quota?: number;
  /** The bytes that it uses, this database and whatever else; where known. */
  readonly usage?: number;
  /** The bytes of the database itself, without its log; where known. */
  readonly size?: number;
}

export interface EventStorage {
  /**
   * Appends each request atomically, in order, and reports on each once it is durable.
   * Rejects only when the fate of the whole batch is the same.
   */
  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]>;
  readPage(query: PageQuery): Promise<EventPage>;
  listStreams(query: StreamsQuery): Promise<StreamsPage>;
  /** The newest position, 0 in an empty store. */
  head(): Promise<number>;
  /** A stream's version, 0 where there is no such stream. */
  version(stream: string): Promise<number>;
  /** The newest position whose timestamp is at or before this one, 0 where there is none. */
  positionAt(timestamp: number): Promise<number>;
  /** Refuses (`invalid-argument`) a snapshot beyond the stream's version. Saving the same one again changes nothing. */
  saveSnapshot(snapshot: NewSnapshotRecord): Promise<void>;
  loadSnapshot(query: SnapshotQuery): Promise<SnapshotRecord | undefined>;
  info(): Promise<StorageInfo>;
  /** Absent: this storage has no SQL. */
  readonly models?: ModelStorage;
  readonly leases: LeaseStorage;
  readonly consumers: ConsumerStorage;
  /**
   * Waits until this client alone, of all that have the place open, holds what has this name. Absent: the runtime knows no
   * such locks, and a lease whose holder is gone has to run out. Rejects with the signal's reason.
   */
  lock?(name: string, signal?: AbortSignalLike): Promise<RuntimeLock>;
  /**
   * Tells of every change from here on, whoever made it. What it takes to hear of other processes
   * runs only while somebody listens. `onEnd`: nothing more will be told, and why.
   */
  onChange(listener: (news: StorageNews) => void, onEnd?: (error: unknown) => void): () => void;
  close(): Promise<void>;
}
