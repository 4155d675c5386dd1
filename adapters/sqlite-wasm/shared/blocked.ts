import { EventStoreError, isEventStoreError, describe } from "../../../src/adapter.ts";

/**
 * Turns an error of a browser that denies a page its storage into `storage-unavailable` with the reason "blocked".
 * Browsers throw a different error from each of their interfaces. An error of rivulet is returned unchanged.
 */
export function blocked(error: unknown): EventStoreError {
  if (isEventStoreError(error)) return error;
  const message = `the browser denies this page storage, as it does if cookies are blocked or in a sandboxed frame: ${describe(error)}`;
  return new EventStoreError("storage-unavailable", message, { reason: "blocked" }, error);
}

/** Whether the browser denied access, so that trying again is useless. */
export function isDenial(error: unknown): boolean {
  return error instanceof DOMException && error.name === "SecurityError";
}

/** Resolves with the browser's answer, or with `otherwise` if the browser denies even the question. */
export async function askSafely<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch {
    return otherwise;
  }
}
