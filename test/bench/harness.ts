/** Compares two ways of doing the same work: blocks of both in one process, in random alternating order. */
export interface Comparison {
  readonly name: string;
  /** The baseline. */
  readonly against: string;
  /** The ratio of the store's rate to the baseline's, by blocks: the median, and its interval. */
  readonly ratio: Estimate;
  /** Operations per second, as medians, on this machine. */
  readonly ours: number;
  readonly theirs: number;
  /** The least ratio aimed at. */
  readonly goal: number | undefined;
}

export interface Estimate {
  readonly median: number;
  /** The bootstrap's 95 % interval of the median. */
  readonly low: number;
  readonly high: number;
}

/** Does one block of work. Resolves with the number of operations. Set-up and clean-up do not count. */
export interface Work {
  prepare?(): Promise<void> | void;
  run(): Promise<number> | number;
}

export interface CompareOptions {
  readonly against: string;
  readonly goal?: number;
  /** Pairs of blocks; at least 30 for a figure to be quoted. */
  readonly blocks?: number;
}

export async function compare(name: string, ours: Work, theirs: Work, options: CompareOptions): Promise<Comparison> {
  const { against, goal, blocks = 30 } = options;
  const rates: { ours: number; theirs: number }[] = [];
  await rateOf(ours);
  await rateOf(theirs);
  for (let block = 0; block < blocks; block++) {
    if (Math.random() < 0.5) {
      const first = await rateOf(ours);
      rates.push({ ours: first, theirs: await rateOf(theirs) });
    } else {
      const first = await rateOf(theirs);
      rates.push({ theirs: first, ours: await rateOf(ours) });
    }
  }
  return {
    name,
    against,
    goal,
    ratio: estimate(rates.map((rate) => rate.ours / rate.theirs)),
    ours: median(rates.map((rate) => rate.ours)),
    theirs: median(rates.map((rate) => rate.theirs)),
  };
}

async function rateOf(work: Work): Promise<number> {
  await work.prepare?.();
  const started = performance.now();
  const operations = await work.run();
  return (operations * 1000) / (performance.now() - started);
}

/** The median of some values, and the bootstrap's 95 % interval of it. */
export function estimate(values: readonly number[]): Estimate {
  const medians = Array.from({ length: 1000 }, () => median(values.map(() => pick(values)))).sort((a, b) => a - b);
  return { median: median(values), low: medians[25] as number, high: medians[974] as number };
}

/** The middle of some values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

function pick(values: readonly number[]): number {
  return values[Math.floor(Math.random() * values.length)] as number;
}
