import type { Comparison, Estimate } from "./harness.ts";

/** One line of the benchmark's table. */
export interface Row {
  readonly name: string;
  readonly against: string;
  readonly result: string;
  readonly goal: string;
  readonly met: boolean | undefined;
  /** For machines. */
  readonly figures: Readonly<Record<string, number>>;
}

export function comparisonRow({ name, against, ratio, ours, theirs, goal }: Comparison): Row {
  return {
    name,
    against,
    result: `${formatEstimate(ratio)} (${rate(ours)} : ${rate(theirs)})`,
    goal: goal === undefined ? "" : `at least ${goal}`,
    met: goal === undefined ? undefined : ratio.median >= goal,
    figures: { ratio: ratio.median, low: ratio.low, high: ratio.high, ours, theirs },
  };
}

/** As {@link comparisonRow}, for what takes so long that its duration says more than its rate. */
export function durationRow({ name, against, ratio, ours, theirs }: Comparison, atMost: number): Row {
  const times = { median: 1 / ratio.median, low: 1 / ratio.high, high: 1 / ratio.low };
  return {
    name,
    against,
    result: `${formatEstimate(times)} times as long (${duration(ours)} : ${duration(theirs)})`,
    goal: `at most ${atMost} times as long`,
    met: times.median <= atMost,
    figures: { ...times, ours: 1000 / ours, theirs: 1000 / theirs },
  };
}

export interface Measure {
  readonly name: string;
  readonly against?: string;
  /** One reading, or the median of many. */
  readonly value: number | Estimate;
  readonly unit: string;
  /** A note that is shown after the value. */
  readonly detail?: string;
  /** The greatest value aimed at. */
  readonly atMost?: number;
  readonly figures?: Readonly<Record<string, number>>;
}

export function measureRow({ name, against = "", value, unit, detail, atMost, figures = {} }: Measure): Row {
  const [shown, median] =
    typeof value === "number" ? [formatNumber(value), value] : [formatEstimate(value), value.median];
  return {
    name,
    against,
    result: `${shown} ${unit}${detail === undefined ? "" : ` (${detail})`}`,
    goal: atMost === undefined ? "" : `at most ${atMost} ${unit}`,
    met: atMost === undefined ? undefined : median <= atMost,
    figures: { ...(typeof value === "number" ? { value } : value), ...figures },
  };
}

export function formatEstimate({ median, low, high }: Estimate): string {
  return `${formatNumber(median)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

export function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function rate(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(0)} k/s` : `${value.toFixed(0)}/s`;
}

function duration(perSecond: number): string {
  return `${formatNumber(1000 / perSecond)} ms`;
}

/** A table in Markdown. */
export function* tableLines(rows: readonly Row[]): Generator<string> {
  yield "| what | against | measured | aim |";
  yield "|---|---|---|---|";
  for (const row of rows) yield rowLine(row);
}

/** A missed aim is in bold. */
export function rowLine({ name, against, result, goal, met }: Row): string {
  return `| ${name} | ${against} | ${result} | ${met === false ? `**${goal}**` : goal} |`;
}
