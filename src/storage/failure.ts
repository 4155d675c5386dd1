import { EventStoreError, describe, isEventStoreError, type EventStoreErrorCode } from "../errors.ts";

/** An `EventStoreError` as plain data, to be sent to another thread or tab. */
export interface Failure {
  /** The error's code. */
  readonly code: string;
  /** The error's message. */
  readonly message: string;
  /** The error's details. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * Makes an error from plain data that came from another thread or tab.
 *
 * @example
 * ```ts
 * const error = fromFailure({ code: "storage-busy", message: "locked", details: { timeout: 100 } });
 * console.log(isEventStoreError(error, "storage-busy")); // → true
 * console.log(error.details); // → { timeout: 100 }
 * ```
 */
export function fromFailure({ code, message, details }: Failure): EventStoreError {
  return new EventStoreError(code as EventStoreErrorCode, message, details);
}

/**
 * Rejects with the error of a failure. The error is made two microtasks later: only an error made while its promise is already
 * awaited has the waiting function in its stack.
 */
export async function rejectWith(failure: Failure): Promise<never> {
  // eslint-disable-next-line typescript/await-thenable -- A microtask each, in the fewest bytes.
  await undefined;
  // eslint-disable-next-line typescript/await-thenable -- See above.
  await undefined;
  throw fromFailure(failure);
}

/**
 * Turns an error into plain data for another thread or tab. Any error that is not an `EventStoreError` becomes
 * `storage-unavailable`.
 *
 * @example
 * ```ts
 * const failure = toFailure(new RangeError("out of memory"));
 * console.log(failure.code); // → storage-unavailable
 * console.log(failure.details); // → { reason: 'unexpected' }
 * ```
 */
export function toFailure(error: unknown): Failure {
  if (isEventStoreError(error)) return { code: error.code, message: error.message, details: { ...error.details } };
  const message = `the storage failed unexpectedly: ${describe(error)}`;
  return { code: "storage-unavailable", message, details: { reason: "unexpected" } };
}
