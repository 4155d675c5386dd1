import type { Event, StoredEvent } from "../event.ts";

/**
 * What to do with events that the code has no definition for: of an undefined type, of a newer version, or of an older version
 * without an upcaster. "refuse": appending and reading them fails. "pass": undefined types are appended unchecked, and all such
 * events are returned as they are stored.
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
  /** Makes the format for `openEventStore`. */
  format(unknownEvents: UnknownEvents): EventFormat;
}

/** Converts events between the shape that the code knows and the shape in which they are stored. For rivulet itself. */
export interface EventFormat {
  /** The version of each defined event type that the code writes. */
  readonly versions: ReadonlyMap<string, number>;
  /** Whether events that the code does not know are returned as they are stored. */
  readonly passes: boolean;
  /** Checks the data of an event to append; errors name it by `path`. @throws `invalid-event` or `invalid-argument`. */
  write(type: string, data: unknown, path: string): { readonly data: unknown; readonly schemaVersion: number };
  /** Converts a stored event to the version that the code knows. @throws `unknown-event` or `upcast-failed`. */
  read(event: StoredEvent): StoredEvent;
}
