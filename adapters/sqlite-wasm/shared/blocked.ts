import { EventStoreError, isEventStoreError, describe } from "../../../src/adapter.ts";

/**
 * The error for what a browser throws where it denies a page its storage: `storage-unavailable` with the reason "blocked".
 * Browsers throw a different error at each of their interfaces. An error of rivulet's own is given back as it is.
 */
export function blocked(error: unknown): EventStoreError {
  if (isEventStoreError(error)) return error;
  const message = `the browser denies this page its storage, as where cookies are blocked or in a sandboxed frame: ${describe(error)}`;
  return new EventStoreError("storage-unavailable", message, { reason: "blocked" }, error);
}

/** Whether this is what a browser throws where something is denied, which no other attempt will change. */
export function isDenial(error: unknown): boolean {
  return error instanceof DOMException && error.name === "SecurityError";
}

/** What can be asked of the browser, or `otherwise` where it denies even the question. */
export async function askSafely<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch {
    return otherwise;
  }
}
