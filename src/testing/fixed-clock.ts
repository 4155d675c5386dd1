/** A clock that stands still until it is moved. Give it as the `clock` of a store. */
export interface FixedClock {
  /** The time it shows, in milliseconds since the epoch. */
  (): number;
  /** Puts it to a time in milliseconds since the epoch, which may lie before the present one. */
  set(time: number): void;
  /** Moves it on by so many milliseconds; by a negative number, back. */
  advance(milliseconds: number): void;
}

/** Makes a clock that stands at `start`, in milliseconds since the epoch; default 0. */
export function fixedClock(start = 0): FixedClock {
  let now = start;
  return Object.assign(() => now, {
    set(time: number) {
      now = time;
    },
    advance(milliseconds: number) {
      now += milliseconds;
    },
  });
}
