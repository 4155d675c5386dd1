import { isEventStoreError, type EventStoreError, type EventStoreErrorCode } from "rivulet";
import { expect } from "vitest";

/** Resolves with the error that a call rejects with. It has to be an `EventStoreError` with this code and a message. */
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
