/** The shapes of events, for the whole package: types only, and no imports. */

/**
 * One type of event: the name of the type, and its data, if it has any. A union of these types a stream, its handlers and its reads:
 * `type AccountEvent = Event<"deposited", { amount: number }> | Event<"closed">`.
 */
export type Event<Type extends string = string, Data = string extends Type ? unknown : undefined> = {
  /** The name of the event type. */
  readonly type: Type;
} & EventData<Data>;

/** A JSON object stored beside an event's data: who caused the event, why, from where. */
export type Metadata = Readonly<Record<string, unknown>>;

/** The event that caused others: a stored event, or its id and metadata. */
export interface CausingEvent {
  /** The event's id, which becomes the `causationId` of its consequences. */
  readonly id: string;
  /** The event's metadata; its `correlationId` is passed on. */
  readonly metadata?: Metadata | undefined;
}

/** An event to append. */
export type NewEvent<E extends Event = Event> = E extends Event
  ? undefined extends E["data"]
    ? NewEventWithOptionalData<E["type"], E["data"]>
    : NewEventOf<E["type"], E["data"]>
  : never;

/** What every new event may have. */
interface NewEventBase<Type extends string> {
  /** The name of the event type: 1–255 characters, not starting with "$" or "@". */
  readonly type: Type;
  /**
   * 1–255 characters, unique in the whole store. Appending the same event again under the same id changes nothing.
   * Default: a new UUIDv7.
   */
  readonly id?: string | undefined;
  /** A JSON object; default `{}`. */
  readonly metadata?: Metadata | undefined;
}

/** A new event of one type. An interface, so that hovers and errors show its name. */
interface NewEventOf<Type extends string, Data> extends NewEventBase<Type> {
  /** Any JSON value. Checked at run time: a value that JSON cannot hold is refused with its path. */
  readonly data: Data;
}

/** A new event of a type whose data may be undefined. */
interface NewEventWithOptionalData<Type extends string, Data> extends NewEventBase<Type> {
  /** Any JSON value. Checked at run time: a value that JSON cannot hold is refused with its path. */
  readonly data?: Data;
}

/** An event's `data`, which is optional if its type includes undefined. */
export type EventData<Data> = undefined extends Data
  ? {
      /** Any JSON value. Checked at run time: a value that JSON cannot hold is refused with its path. */
      readonly data?: Data;
    }
  : {
      /** Any JSON value. Checked at run time: a value that JSON cannot hold is refused with its path. */
      readonly data: Data;
    };

/** A stored event. Positions, versions and timestamps are whole numbers below 2^53. */
export type StoredEvent<E extends Event = Event> = E extends Event ? StoredEventOf<E["type"], E["data"]> : never;

/** A stored event of one type. An interface, so that hovers and errors show its name. */
interface StoredEventOf<Type extends string, Data> {
  /** The event's number in the whole store, from 1, without gaps. */
  readonly position: number;
  /** The name of its stream. */
  readonly stream: string;
  /** The event's number in its stream, from 1, without gaps. */
  readonly version: number;
  /** The event's id, unique in the store. */
  readonly id: string;
  /** The name of the event type. */
  readonly type: Type;
  /** The event's data; undefined if it was appended without. */
  readonly data: Data;
  /** The event's metadata; `{}` if it was appended without. */
  readonly metadata: Metadata;
  /** The version of its data's shape; 1 unless `defineEvents` says otherwise. */
  readonly schemaVersion: number;
  /** When the event was recorded, in milliseconds since the epoch; never decreases along `position`. */
  readonly timestamp: number;
}

/** The version that a stream must have for an append to succeed. */
export type ExpectedVersion = number | "any" | "no-stream" | "stream-exists";

/** Those of an application's events that have one of these types. An intersection, in which all others come to nothing. */
export type EventsOfType<E extends Event, Type extends string> = E & {
  /** One of the types. */
  readonly type: Type;
};

/** A field of a stored event that a reader may do without. */
export type EventField = "stream" | "version" | "id" | "schemaVersion" | "timestamp" | "metadata";
