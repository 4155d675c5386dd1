/** Pseudo-random numbers from a seed (mulberry32), so that a failing run can be run again. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 up to and without `below`. */
  below(below: number): number;
}

/** Returns the seed: `RIVULET_SEED` if that is set. It is printed, so that a run can be repeated. */
export function createRandom(what: string): Random {
  const seed = Number(process.env["RIVULET_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`${what}: RIVULET_SEED=${seed}`);
  return randomFrom(seed);
}

/** Returns a generator that gives the same numbers for the same seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return {
    seed,
    below(below) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    },
  };
}
