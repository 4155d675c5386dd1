/** The shapes of events, for the whole package: types only, and no imports. */

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

/** What a stream's version must be for an append to go through. */
export type ExpectedVersion = number | "any" | "no-stream" | "stream-exists";
