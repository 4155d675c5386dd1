import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import { afterEach, beforeEach, vi } from "vitest";

/**
 * Import this before anything of the package: rivulet takes timers and the monotonic clock once, when it is loaded, so that fake
 * ones do not stop it. Behind those that stand here there are fakes while a test has them.
 */
const NAMES = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

type AnyFunction = (...args: unknown[]) => unknown;

for (const name of NAMES) {
  const original = globalThis[name] as AnyFunction;
  const relay: AnyFunction = (...args) => {
    const now = globalThis[name] as AnyFunction;
    return (now === relay ? original : now)(...args);
  };
  Object.assign(globalThis, { [name]: relay });
  // What the package imports from there are live bindings.
  Object.assign(timers, { [name]: relay });
}
syncBuiltinESMExports();

const real = globalThis.performance;
const now = real.now.bind(real);
real.now = () => (globalThis.performance === real ? now() : globalThis.performance.now());

type Fake = (typeof NAMES)[number] | "Date" | "performance";

/** Puts fakes there, until `vi.useRealTimers()`. */
export function fakeTime(toFake: readonly Fake[]): void {
  vi.useFakeTimers({ toFake: [...toFake] });
}

/** Has time in the tests' hands, in all tests of a file: nothing passes but what they let pass, with the function that this gives. */
export function useFakeTime(toFake: readonly Fake[]): (milliseconds: number) => Promise<unknown> {
  beforeEach(() => fakeTime(toFake));
  afterEach(() => void vi.useRealTimers());
  return (milliseconds) => vi.advanceTimersByTimeAsync(milliseconds);
}
