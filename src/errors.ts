import type { ExpectedVersion, StoredEvent } from "./event.ts";

/** The outcome of an import, in lines and events. */
export interface ImportResult {
  /** How many lines were read, including empty ones. */
  readonly lines: number;
  /** How many events were appended. */
  readonly imported: number;
  /** How many events were skipped because their ids were stored already. */
  readonly deduplicated: number;
  /** How many invalid lines `onError` skipped. */
  readonly skipped: number;
  /** How many of the appended events got the time of the import, because the store had an event newer than their own time. */
  readonly retimed: number;
  /** How many of the appended events got another version in their stream than their line says. */
  readonly renumbered: number;
}

/** The `details` of each error code. Codes are part of the public API: they do not change between releases. */
export interface EventStoreErrorDetails {
  /** An invalid name, version or option, named by `argument`. */
  "invalid-argument": { readonly argument: string };
  /** A value that an event cannot hold, at `path`, such as `events[0].data.when`. */
  "invalid-event": { readonly path: string };
  /** The stream was at `actual`. `events` are those after the expected version: all if `complete`, else the first 100. */
  "version-conflict": {
    readonly stream: string;
    readonly expected: ExpectedVersion;
    readonly actual: number;
    readonly events: readonly StoredEvent[];
    readonly complete: boolean;
  };
  /** The id is stored with other content, at `position`. `drawn`: the id was made by `newId`, not given with the event. */
  "event-id-conflict": { readonly id: string; readonly position: number; readonly drawn?: true };
  /** This store, or this consumer, read model or projection, was closed. */
  "store-closed": Record<string, never>;
  /** The database was imported over or destroyed. */
  "store-replaced": Record<string, never>;
  /** A newer build of the application has taken over the database or a read model: reload. */
  "client-outdated": Record<string, never>;
  /** The storage cannot be used; `reason` says why. */
  "storage-unavailable": { readonly reason: string };
  /** The disk or quota is full. Stored events stay readable, and appends work again once there is room. */
  "storage-full": Record<string, never>;
  /** Other processes held the write lock for longer than `timeout` milliseconds. */
  "storage-busy": { readonly timeout: number };
  /** The file is not a rivulet database, has a newer format, or a changed schema; `found` says which. */
  "storage-format": { readonly found: string | number; readonly supported: number };
  /** The database is damaged, at `position` if that is known. */
  "storage-corrupt": { readonly position?: number };
  /** The worker that has the database open has ended. */
  "worker-lost": Record<string, never>;
  /**
   * The worker or tab that had the database ended before it answered an append, which may have been stored. `ids` are the ids of
   * its events, in order: appended again with these ids, the events are stored once.
   */
  "outcome-unknown": { readonly ids: readonly string[] };
  /**
   * A stored event that the code has no definition for: its type is not defined, its `schemaVersion` is newer than the code, or
   * the upcaster from its version to the next is missing.
   */
  "unknown-event": { readonly type: string; readonly schemaVersion: number; readonly position: number };
  /** The upcaster from `schemaVersion` to the next version threw, or returned a value that JSON cannot hold. */
  "upcast-failed": {
    readonly type: string;
    readonly schemaVersion: number;
    readonly position: number;
    readonly eventId: string;
  };
  /**
   * A handler of a projection or read model, or a decider's `evolve`, threw or returned a promise, or a read model's statement
   * failed. If `initial` failed, `position` is 0 and `eventId` is empty.
   */
  "projection-failed": { readonly name: string; readonly position: number; readonly eventId: string };
  /** An import stopped at an invalid line, counted from 1; the error's `cause` says why. `result`: what was imported before. */
  "import-failed": { readonly line: number; readonly result: ImportResult };
  /**
   * A consumer has stopped because its handler failed at the event at `position`, or, without a position, because its checkpoint
   * could not be loaded or saved. `cause` is the last error.
   */
  "consumer-failed": {
    readonly name: string;
    readonly attempts: number;
    readonly position?: number;
    readonly eventId?: string;
  };
  /** A consumer's handler, or its checkpoint's `load` or `save`, did not settle within `timeout` milliseconds. */
  "consumer-timeout": { readonly name: string; readonly timeout: number };
  /**
   * The checkpoint that a consumer keeps elsewhere belongs to another history: to another store (`lineage` differs), or to this one
   * before it was restored from a copy (`eventId` of the event at `position` differs; absent: there is no event). `expected` is
   * from the checkpoint, `found` from the store. To start over, delete the checkpoint and what the consumer wrote with it.
   */
  "lineage-changed": {
    readonly name: string;
    readonly position: number;
    readonly expected: { readonly lineage: string; readonly eventId?: string };
    readonly found: { readonly lineage: string; readonly eventId?: string };
  };
  /** A query, or a read model's transaction, took longer than `timeout` milliseconds and was interrupted. */
  "query-timeout": { readonly timeout: number };
  /** Another process or tab has, or may have, taken over the consumer's lease. */
  "lease-lost": { readonly name: string };
  /** The stream is followed from a hub, which orders its events: append through the replica. */
  "stream-followed": { readonly stream: string };
  /** The hub was restored from a copy, or is another one. Nothing is mixed: what is pending is kept, and not sent. */
  "hub-changed": Record<string, never>;
  /** The hub sent an event in whose place another is stored here. Nothing of it was written. */
  "replica-diverged": { readonly stream: string; readonly version: number; readonly eventId: string };
  /** The hub does not accept the replica's credentials. What is pending is kept. */
  unauthorized: Record<string, never>;
  /** The hub has refused a command or an append for good; `reason` is the hub's code. */
  "entry-rejected": { readonly id: string; readonly reason: string };
  /** The outbox holds as many commands and appends as it may. */
  "outbox-full": { readonly entries: number };
  /** A part of the code that is loaded when it is first needed could not be loaded, for example offline. The next call tries again. */
  "code-unavailable": { readonly part: string };
}

/** A stable name for each way to fail: see {@link EventStoreErrorDetails}. */
export type EventStoreErrorCode = keyof EventStoreErrorDetails;

const NAME = "EventStoreError";

/** Every error that rivulet itself raises. Tell errors apart by `code`, with {@link isEventStoreError}. */
export class EventStoreError<Code extends EventStoreErrorCode = EventStoreErrorCode> extends Error {
  /** Always "EventStoreError". */
  override readonly name: string = NAME;
  /** How the call failed. */
  readonly code: Code;
  /** What is known of it, by code: see {@link EventStoreErrorDetails}. */
  readonly details: EventStoreErrorDetails[Code];

  constructor(code: Code, message: string, details: EventStoreErrorDetails[Code], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** An error of any code. Comparing `code` narrows the type of `details`. */
export type AnyEventStoreError = { [Code in EventStoreErrorCode]: EventStoreError<Code> }[EventStoreErrorCode];

/**
 * Tells whether an error is an `EventStoreError`, and has this code if one is given. Works across threads, tabs and several copies
 * of the package, where `instanceof` does not.
 *
 * @example
 * ```ts
 * const deposit = { type: "deposited", data: { amount: 100 } } as const;
 * const error: unknown = await account.append(deposit, { expectedVersion: 7 }).catch((thrown: unknown) => thrown);
 * if (isEventStoreError(error, "version-conflict")) console.log(error.details.actual); // → 0
 * ```
 */
export function isEventStoreError(error: unknown): error is AnyEventStoreError;
export function isEventStoreError<Code extends EventStoreErrorCode>(
  error: unknown,
  code: Code,
): error is EventStoreError<Code>;
export function isEventStoreError(error: unknown, code?: EventStoreErrorCode): boolean {
  try {
    const { name, code: found } = error as { name?: unknown; code?: unknown };
    return name === NAME && typeof found === "string" && (code === undefined || found === code);
  } catch {
    // Any value may be thrown, even undefined or a revoked proxy.
    return false;
  }
}

/**
 * Makes the error for an invalid argument, such as an adapter's option.
 *
 * @example
 * ```ts
 * function checkPath(path: unknown): void {
 *   if (path === "") throw invalidArgument("path", "path must not be empty");
 * }
 * ```
 */
export function invalidArgument(argument: string, message: string): EventStoreError<"invalid-argument"> {
  return new EventStoreError("invalid-argument", message, { argument });
}

/**
 * Makes the `invalid-argument` of an argument that must be something else.
 *
 * @example
 * ```ts
 * function checkBytes(bytes: unknown): void {
 *   if (!(bytes instanceof Uint8Array)) throw mustBe("bytes", "a Uint8Array");
 * }
 * ```
 */
export function mustBe(argument: string, what: string): EventStoreError<"invalid-argument"> {
  return invalidArgument(argument, `${argument} must be ${what}`);
}

/**
 * Makes the error for calls on a closed store.
 *
 * @example
 * ```ts
 * function ensureOpen(closed: boolean): void {
 *   if (closed) throw storeClosed();
 * }
 * ```
 */
export function storeClosed(): EventStoreError<"store-closed"> {
  return new EventStoreError("store-closed", "the store is closed: open it again", {});
}

/**
 * Describes a thrown value as text; errors with the name of their class. Never throws.
 *
 * @example
 * ```ts
 * console.log(describe(new RangeError("too large"))); // → RangeError: too large
 * console.log(describe(42)); // → 42
 * console.log(describe(Object.create(null))); // → an unprintable value
 * ```
 */
export function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    // For example an object without a prototype.
    return "an unprintable value";
  }
}

/**
 * Returns an error's message, or any other thrown value as text. Never throws.
 *
 * @example
 * ```ts
 * console.log(messageOf(new RangeError("too large"))); // → too large
 * console.log(messageOf("cancelled")); // → cancelled
 * console.log(messageOf(undefined)); // → undefined
 * ```
 */
export function messageOf(thrown: unknown): string {
  try {
    // Whatever its class declares, an error's message may be any value.
    if (thrown instanceof Error) return [thrown.message].join();
  } catch {
    // A proxy may throw when its prototype or message is read.
  }
  return describe(thrown);
}
