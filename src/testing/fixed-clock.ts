import { mustBe } from "../errors.ts";

/** A clock that stands still until it is set. Pass it to a store as `clock`. */
export interface FixedClock {
  /** Returns the time in milliseconds since the epoch. */
  (): number;
  /**
   * Sets the time, in milliseconds since the epoch, forward or back.
   *
   * @throws `invalid-argument` for what is not a number.
   * @example
   * ```ts
   * const clock = fixedClock();
   * clock.set(1_000);
   * console.log(clock()); // → 1000
   * ```
   */
  set(time: number): void;
  /**
   * Moves the time forward by some milliseconds, or back if they are negative.
   *
   * @throws `invalid-argument` for what is not a number.
   * @example
   * ```ts
   * const clock = fixedClock(1_000);
   * clock.advance(500);
   * console.log(clock()); // → 1500
   * ```
   */
  advance(milliseconds: number): void;
}

/**
 * Makes a clock that shows `start`, in milliseconds since the epoch; default 0.
 *
 * @throws `invalid-argument` for what is not a time.
 * @example
 * ```ts
 * await using bank = await openEventStore(memory(), { clock: fixedClock(1_000) });
 * const { events } = await bank.stream("account-1").append({ type: "closed" });
 * console.log(events[0]?.timestamp); // → 1000
 * ```
 */
export function fixedClock(start = 0): FixedClock {
  if (!Number.isFinite(start)) throw mustBe("start", "a time in milliseconds");
  let now = start;
  return Object.assign(() => now, {
    set(time: number) {
      checkNumber(time, "time");
      now = time;
    },
    advance(milliseconds: number) {
      checkNumber(milliseconds, "milliseconds");
      now += milliseconds;
    },
  });
}

/** NaN is a number, too: with it, a test shows what becomes of a clock that is wrong. */
function checkNumber(value: unknown, argument: string): void {
  if (typeof value !== "number") throw mustBe(argument, "a number of milliseconds");
}
