/** A gate that lets callers through only as often as the test allows. */
export interface Turnstile {
  /** Lets this many more callers pass; `Infinity`: all. */
  allow(count: number): void;
  /** Resolves when the caller may pass. */
  pass(): Promise<void>;
}

export function createTurnstile(): Turnstile {
  let allowed = 0;
  let waiting: (() => void)[] = [];
  return {
    allow(count) {
      allowed += count;
      const passing = waiting.slice(0, allowed);
      waiting = waiting.slice(passing.length);
      allowed -= passing.length;
      for (const pass of passing) pass();
    },
    pass() {
      if (allowed === 0) return new Promise((resolve) => waiting.push(resolve));
      allowed -= 1;
      return Promise.resolve();
    },
  };
}
