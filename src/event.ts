import { EventStoreError, invalidArgument } from "./errors.ts";
import type { EventFormat } from "./event-format.ts";
import { toJson } from "./json.ts";
import { checkId, checkName } from "./names.ts";
import { corrupt } from "./storage/page.ts";
import type { EventRecord, JsonText, StoredRecord } from "./storage/protocol.ts";

/**
 * The shape of an event: its type's name and its data, which may be left out where its type allows undefined. Unions of these
 * type a stream, its handlers and its reads.
 */
export type Event<Type extends string = string, Data = unknown> = { readonly type: Type } & EventData<Data>;

/** A JSON object beside the event: who, why, from where. */
export type Metadata = Readonly<Record<string, unknown>>;

/** An event that others are caused by: any that was stored, or as much of it. */
export interface CausingEvent {
  readonly id: string;
  readonly metadata?: Metadata | undefined;
}

/** An event to append. */
export type NewEvent<E extends Event = Event> = E extends Event
  ? {
      /** 1 to 255 characters; not starting with "$" or "@". */
      readonly type: E["type"];
      /**
       * 1 to 255 characters, unique in the whole store: appending the same event again under the same id changes
       * nothing. Default: a new UUIDv7.
       */
      readonly id?: string | undefined;
      /** A JSON object. */
      readonly metadata?: Metadata | undefined;
    } & EventData<E["data"]>
  : never;

/** `data` may be left out where its type allows undefined. */
export type EventData<Data> = undefined extends Data
  ? { readonly data?: Data }
  : {
      /** Any JSON value, checked at run time: what JSON cannot carry is refused with the path to it. */
      readonly data: Data;
    };

/** An event as stored. Positions, versions and timestamps are whole numbers below 2^53. */
export type StoredEvent<E extends Event = Event> = E extends Event
  ? {
      /** Its place in the order of the whole store, from 1, without gaps. */
      readonly position: number;
      readonly stream: string;
      /** Its place in its stream, from 1, without gaps. */
      readonly version: number;
      readonly id: string;
      readonly type: E["type"];
      readonly data: E["data"];
      /** `{}` when none was given. */
      readonly metadata: Metadata;
      readonly schemaVersion: number;
      /** When it was recorded, in milliseconds since the epoch; never decreasing along `position`. */
      readonly timestamp: number;
    }
  : never;

/** What new events are made with. */
export interface RecordMaker {
  readonly newId: () => string;
  /** The ids are of the application's own making, so that they may turn out to be known. */
  readonly drawn?: boolean | undefined;
  readonly format?: EventFormat | undefined;
  /** Metadata for each; the event's own comes first. */
  readonly shared?: Metadata | undefined;
}

/** Checks a new event and turns it into what the storage takes; `path` names it in errors. */
export function toRecord(event: NewEvent, path: string, { newId, drawn, format, shared }: RecordMaker): EventRecord {
  if (typeof event !== "object" || event === null) throw invalidEvent(path, "an event is an object with a type");
  // Each read once, so that what is stored is what was checked.
  const { type, id: given, data: raw, metadata, ...others } = event as NewEvent & Record<PropertyKey, unknown>;
  for (const key of Reflect.ownKeys(others)) {
    if (others[key] === undefined) continue;
    throw invalidEvent(
      `${path}.${String(key)}`,
      "an event to append has type, data, id and metadata, and nothing else",
    );
  }
  checkName(type, `${path}.type`, "event type");
  const id = given === undefined ? newId() : given;
  checkId(id, `${path}.id`);
  const { data, schemaVersion } = format?.write(type, raw, path) ?? { data: raw, schemaVersion: 1 };
  return {
    id,
    type,
    schemaVersion,
    data: data === undefined ? null : toJson(data, `${path}.data`),
    metadata: toMetadata(metadata, `${path}.metadata`, shared),
    ...(drawn && given === undefined && { drawn }),
  };
}

/** The metadata of what an event causes. Throws `invalid-argument`. */
export function causedBy(cause: CausingEvent | undefined): Metadata | undefined {
  if (cause === undefined) return undefined;
  if (typeof cause?.id !== "string") throw invalidArgument("causedBy", "causedBy must be an event that was stored");
  const { id, metadata } = cause;
  return { causationId: id, correlationId: metadata?.["correlationId"] ?? id };
}

/** The event that a stored record stands for. Throws `storage-corrupt`. */
export function toStoredEvent(record: StoredRecord): StoredEvent {
  return {
    position: record.position,
    stream: record.stream,
    version: record.version,
    id: record.id,
    type: record.type,
    data: record.data === null ? undefined : parse(record.data, record),
    metadata: record.metadata === null ? {} : (parse(record.metadata, record) as Metadata),
    schemaVersion: record.schemaVersion,
    timestamp: record.timestamp,
  };
}

function parse(text: JsonText, { position }: StoredRecord): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw corrupt(position, error);
  }
}

function toMetadata(metadata: unknown, path: string, shared: Metadata | undefined): string | null {
  let text = "{}";
  if (metadata !== undefined) {
    if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata))
      throw invalidEvent(path, "metadata is a JSON object");
    text = toJson(metadata, path);
  }
  if (shared !== undefined) return toJson({ ...shared, ...(JSON.parse(text) as Metadata) }, path);
  return text === "{}" ? null : text;
}

function invalidEvent(path: string, why: string): EventStoreError {
  return new EventStoreError("invalid-event", `${path}: ${why}`, { path });
}
