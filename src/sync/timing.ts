import { sleep, type AbortSignalLike } from "../platform.ts";

/** Where waiting times and their jitter come from. */
export interface Timing {
  /** Resolves after so many milliseconds; rejects with the signal's reason. */
  wait(milliseconds: number, signal: AbortSignalLike): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}

/** The timers of the runtime. */
export const realTiming: Timing = { wait: sleep, random: () => Math.random() };
