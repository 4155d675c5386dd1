/** The conformance suite, case by case, for a test that can call into the page. */
import { runCase } from "./harnesses.ts";

declare global {
  interface Window {
    readonly runCase: typeof runCase;
  }
}

Object.assign(globalThis, { runCase });
