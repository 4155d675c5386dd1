import type { Event, StoredEvent } from "../event.ts";

/**
 * What is to happen with events that the code has no definition for: of a type that is not defined, of a newer version, or of
 * an older one that a step is missing for. "refuse": they are errors, on the way in and on the way out. "pass": those of a
 * type that is not defined are appended unchecked, and all of them come out as they are stored.
 */
export type UnknownEvents = "refuse" | "pass";

/** The events of an application, as `defineEvents` of `rivulet/events` describes them. */
export interface EventDefinitions<E extends Event = Event> {
  /** For rivulet itself. */
  readonly _rivulet: EventDefinitionInternals<E>;
}

/**
 * What the definitions do for the store that is opened with them. They carry the code that checks and converts events, so
 * that an application without definitions does not download it.
 */
interface EventDefinitionInternals<E extends Event> {
  /** Exists for the compiler only, which infers the application's events from it. */
  readonly events?: E;
  /** For each event type, the schema versions that the code can read, ascending; the last is the version that it writes. */
  readonly versions: ReadonlyMap<string, readonly number[]>;
  /** For `openEventStore`. */
  format(unknownEvents: UnknownEvents): EventFormat;
}

/** What stands between events as the code knows them and events as they are stored. */
export interface EventFormat {
  /** Checks an event's data on the way in; `path` leads to the event in errors. Throws `invalid-event` and `invalid-argument`. */
  write(type: string, data: unknown, path: string): { readonly data: unknown; readonly schemaVersion: number };
  /** Brings an event to the version that the code knows. Throws `unknown-event` and `upcast-failed`. */
  read(event: StoredEvent): StoredEvent;
}
