const DAY = 24 * 3_600_000;

/** How long a hub remembers what entries led to that wrote no events. */
export interface Memory {
  /** Whether an entry of this age may have been decided and forgotten. */
  isBeyond(age: number): boolean;
  /** What is to be forgotten now: before which time. Empty for most calls, because looking for it takes time. */
  forget(now: number): { readonly before?: number };
}

/**
 * Results are kept for a day longer than the horizon, or twice as long as a shorter horizon: an age is measured by a replica's clock, and
 * a message may be on its way for a while.
 */
export function createMemory(horizon: number): Memory {
  const kept = horizon + Math.min(horizon, DAY);
  let looked = -Infinity;
  return {
    isBeyond: (age) => age > horizon,
    forget(now) {
      if (now - looked < Math.min(DAY / 24, horizon / 10)) return {};
      looked = now;
      return { before: Math.max(0, Math.floor(now - kept)) };
    },
  };
}
