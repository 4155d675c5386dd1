import { isEventStoreError, type EventStoreError, type EventStoreErrorCode } from "rivulet";
import { expect } from "vitest";

/** The error that a call rejects with, which must be the store's, of this code, and say something. */
export async function failure<Code extends EventStoreErrorCode>(
  call: Promise<unknown>,
  code: Code,
): Promise<EventStoreError<Code>> {
  const error: unknown = await call.then(
    () => expect.fail(`expected ${code}, but it succeeded`),
    (reason: unknown) => reason,
  );
  if (!isEventStoreError(error, code)) throw error;
  expect(error.message.length).toBeGreaterThan(20);
  return error;
}
