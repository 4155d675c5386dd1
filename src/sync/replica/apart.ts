import { throwApart } from "../../platform.ts";

/** Calls a function of the application. What it throws is an unhandled error of the application. */
export function apart(call: () => void): void {
  try {
    call();
  } catch (error) {
    throwApart(error);
  }
}
