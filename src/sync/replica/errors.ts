import { isEventStoreError } from "../../errors.ts";
import { throwApart } from "../../platform.ts";

/** Whether trying again is of no use. */
export function isFinal(error: unknown): boolean {
  return (
    isEventStoreError(error) &&
    ["hub-changed", "replica-diverged", "client-outdated", "unauthorized", "store-closed", "store-replaced"].includes(
      error.code,
    )
  );
}

/** Calls a function of the application. What it throws is an unhandled error of the application. */
export function apart(call: () => void): void {
  try {
    call();
  } catch (error) {
    throwApart(error);
  }
}
