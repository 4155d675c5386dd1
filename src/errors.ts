import type { ExpectedVersion, StoredEvent } from "./event.ts";

/** What an import did. */
export interface ImportResult {
  /** How many lines were looked at, the empty ones too. */
  readonly lines: number;
  /** How many events were appended. */
  readonly imported: number;
  /** How many were stored before, under the same ids. */
  readonly deduplicated: number;
  /** How many lines `onError` has passed over. */
  readonly skipped: number;
  /** How many of the appended bear the time of the import, because the store had a younger event than their own time. */
  readonly retimed: number;
  /** How many of the appended have another version in their stream than their line says. */
  readonly renumbered: number;
}

/** The details that each error code carries. The codes are part of the contract: they do not change between releases. */
export interface EventStoreErrorDetails {
  /** A name, version or option that cannot be: `argument` names it. */
  "invalid-argument": { readonly argument: string };
  /** Something an event cannot carry: `path` leads to it, such as `events[0].data.when`. */
  "invalid-event": { readonly path: string };
  /**
   * The stream was not at the expected version. `events` are those after the expected version, which the caller had not
   * seen: all of them when `complete`, else the first 100.
   */
  "version-conflict": {
    readonly stream: string;
    readonly expected: ExpectedVersion;
    readonly actual: number;
    readonly events: readonly StoredEvent[];
    readonly complete: boolean;
  };
  /** The id is stored with other content, at `position`. `drawn`: it was not given with the event, but made by `newId`. */
  "event-id-conflict": { readonly id: string; readonly position: number; readonly drawn?: true };
  /** The store was closed, here. */
  "store-closed": Record<string, never>;
  /** The database was imported over or destroyed. */
  "store-replaced": Record<string, never>;
  /** A newer build of the application has taken the database over, or a read model. */
  "client-outdated": Record<string, never>;
  /** The place where events are kept cannot be used: `reason` says why. */
  "storage-unavailable": { readonly reason: string };
  /** No room is left. What was stored stays readable; appends work again once there is room. */
  "storage-full": Record<string, never>;
  /** Others held the write lock for longer than the busy timeout (milliseconds). */
  "storage-busy": { readonly timeout: number };
  /** The file is not a rivulet database, is of a newer format, or its schema was changed: `found` says how. */
  "storage-format": { readonly found: string | number; readonly supported: number };
  /** The database is damaged, at `position` where that is known. */
  "storage-corrupt": { readonly position?: number };
  /** The worker that has the database has ended. */
  "worker-lost": Record<string, never>;
  /**
   * An append was sent, and whoever had the database has gone without an answer: it may have been stored. `ids` are its
   * events' ids, in their order: appended again under them, it counts once.
   */
  "outcome-unknown": { readonly ids: readonly string[] };
  /**
   * A stored event that the code has no definition for: its type is not defined, it is newer than the code, or the step from
   * its version to the next is missing. `schemaVersion` is the stored one.
   */
  "unknown-event": { readonly type: string; readonly schemaVersion: number; readonly position: number };
  /** The step of an upcaster from `schemaVersion` to the next threw, or gave what JSON cannot carry. */
  "upcast-failed": {
    readonly type: string;
    readonly schemaVersion: number;
    readonly position: number;
    readonly eventId: string;
  };
  /**
   * A handler of a projection or read model threw or returned a promise, a statement of a read model failed, or a decider's
   * `evolve` threw. `position` is 0, and `eventId` empty, where it was `initial`.
   */
  "projection-failed": { readonly name: string; readonly position: number; readonly eventId: string };
  /** A line of an import, from 1, cannot be taken: the error's cause says more. `result`: what was done before it. */
  "import-failed": { readonly line: number; readonly result: ImportResult };
  /**
   * A consumer has stopped, because its handler could not take the event at `position`; without one: its checkpoint could
   * not be loaded or saved. The cause is what was thrown last.
   */
  "consumer-failed": {
    readonly name: string;
    readonly attempts: number;
    readonly position?: number;
    readonly eventId?: string;
  };
  /** A consumer's handler, or its `load` or `save`, has not settled within `timeout` milliseconds. */
  "consumer-timeout": { readonly name: string; readonly timeout: number };
  /**
   * The checkpoint that a consumer keeps elsewhere is of another history: of another store (`lineage`), or of this one before it
   * was restored from a copy (`eventId`, of the event at `position`; absent: there is none). `expected` is what the checkpoint
   * tells, `found` what the store has. Clear what the consumer wrote together with its checkpoint: it begins anew.
   */
  "lineage-changed": {
    readonly name: string;
    readonly position: number;
    readonly expected: { readonly lineage: string; readonly eventId?: string };
    readonly found: { readonly lineage: string; readonly eventId?: string };
  };
  /** A query, or the statements of a read model's transaction, has taken longer than `timeout` milliseconds, and was ended. */
  "query-timeout": { readonly timeout: number };
  /** A consumer's turn has passed, or may have passed, to somebody else. */
  "lease-lost": { readonly name: string };
}

export type EventStoreErrorCode = keyof EventStoreErrorDetails;

const NAME = "EventStoreError";

/** Every error of rivulet's own. Tell them apart by `code`, through {@link isEventStoreError}. */
export class EventStoreError<Code extends EventStoreErrorCode = EventStoreErrorCode> extends Error {
  override readonly name: string = NAME;
  readonly code: Code;
  readonly details: EventStoreErrorDetails[Code];

  constructor(code: Code, message: string, details: EventStoreErrorDetails[Code], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** An error of any code: looking at `code` tells the type of its `details`. */
export type AnyEventStoreError = { [Code in EventStoreErrorCode]: EventStoreError<Code> }[EventStoreErrorCode];

/**
 * Whether something thrown is rivulet's, and of this code where one is given. Works across threads, tabs and
 * several copies of the package, where `instanceof` does not.
 */
export function isEventStoreError(error: unknown): error is AnyEventStoreError;
export function isEventStoreError<Code extends EventStoreErrorCode>(
  error: unknown,
  code: Code,
): error is EventStoreError<Code>;
export function isEventStoreError(error: unknown, code?: EventStoreErrorCode): boolean {
  if (typeof error !== "object" || error === null) return false;
  try {
    const { name, code: found } = error as { name?: unknown; code?: unknown };
    return name === NAME && typeof found === "string" && (code === undefined || found === code);
  } catch {
    // Anything may have been thrown, also a proxy that was revoked.
    return false;
  }
}

export function invalidArgument(argument: string, message: string): EventStoreError<"invalid-argument"> {
  return new EventStoreError("invalid-argument", message, { argument });
}

/** The `invalid-argument` of an argument that is something else. */
export function mustBe(argument: string, what: string): EventStoreError<"invalid-argument"> {
  return invalidArgument(argument, `${argument} must be ${what}`);
}

export function storeClosed(): EventStoreError<"store-closed"> {
  return new EventStoreError("store-closed", "the store is closed: open it again", {});
}

/** An error as plain data; the client makes an `EventStoreError` of it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The error that plain data stands for. */
export function fromFailure({ code, message, details }: Failure): EventStoreError {
  return new EventStoreError(code as EventStoreErrorCode, message, details);
}

/** An error as plain data, for another thread or tab; what is not rivulet's own becomes `storage-unavailable`. */
export function toFailure(error: unknown): Failure {
  if (isEventStoreError(error)) return { code: error.code, message: error.message, details: { ...error.details } };
  const message = `the storage failed unexpectedly: ${describe(error)}`;
  return { code: "storage-unavailable", message, details: { reason: "unexpected" } };
}

/** A thrown value as text, with the name of its class where it is an error. Never throws, whatever the value is. */
export function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    // Such as an object without a prototype.
    return "an unprintable value";
  }
}

/** The message of an error, or else the value as text. Never throws, whatever the value is. */
export function messageOf(thrown: unknown): string {
  try {
    // Whatever an error's class says, it may hold anything.
    if (thrown instanceof Error) return [thrown.message].join();
  } catch {
    // Its prototype or its message cannot be had: a proxy may throw for both.
  }
  return describe(thrown);
}
