import type { Event, StoredEvent } from "../event.ts";

/**
 * What is to happen with events that the code has no definition for: of a type that is not defined, of a newer version, or of
 * an older one that a step is missing for. "refuse": they are errors, on the way in and on the way out. "pass": those of a
 * type that is not defined are appended unchecked, and all of them come out as they are stored.
 */
export type UnknownEvents = "refuse" | "pass";

/**
 * The events that a store knows: made by `defineEvents` of `rivulet/events`. They bring what checks and converts, so that a
 * store without definitions carries none of it.
 */
export interface EventDefinitions<E extends Event = Event> {
  /** Only for the compiler, which learns from it what events there are. */
  readonly events?: E;
  /** For each type the versions that the code can read, ascending; the last is the one that it writes. */
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
