import type { MeasuredRow } from "../../demo/site/measured.ts";
import type { Comparison, Estimate } from "./harness.ts";

/** One line of the benchmark's tables. */
export interface Row extends MeasuredRow {
  /** Further numbers, for machines. */
  readonly figures: Readonly<Record<string, number>>;
}

export function comparisonRow({ name, against, ratio, ours, theirs, goal }: Comparison): Row {
  return {
    name,
    against,
    ...spread(ratio),
    unit: "",
    detail: `${rate(ours)} : ${rate(theirs)}`,
    ...(goal !== undefined && { aim: { atLeast: goal } }),
    figures: { ours, theirs },
  };
}

/** As {@link comparisonRow}, for what takes so long that its duration says more than its rate. */
export function durationRow({ name, against, ratio, ours, theirs }: Comparison, atMost: number): Row {
  return {
    name,
    against,
    value: 1 / ratio.median,
    low: 1 / ratio.high,
    high: 1 / ratio.low,
    unit: "times as long",
    detail: `${duration(ours)} : ${duration(theirs)}`,
    aim: { atMost },
    figures: { ours: 1000 / ours, theirs: 1000 / theirs },
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
  return {
    name,
    against,
    ...(typeof value === "number" ? { value } : spread(value)),
    unit,
    ...(detail !== undefined && { detail }),
    ...(atMost !== undefined && { aim: { atMost } }),
    figures,
  };
}

function spread({ median, low, high }: Estimate): Pick<Row, "value" | "low" | "high"> {
  return { value: median, low, high };
}

export function formatEstimate({ median, low, high }: Estimate): string {
  return `${formatNumber(median)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

/** Of small numbers, such as a ratio of 0.0176, two decimals would show too little. */
export function formatNumber(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.1) return value.toPrecision(3);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function rate(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(0)} k/s` : `${formatNumber(value)}/s`;
}

function duration(perSecond: number): string {
  return `${formatNumber(1000 / perSecond)} ms`;
}

/** A table in Markdown, without a column for aims when no row has one. */
export function* tableLines(rows: readonly Row[]): Generator<string> {
  const head = ["what", "against", "measured", ...(rows.some(({ aim }) => aim !== undefined) ? ["aim"] : [])];
  yield `| ${head.join(" | ")} |`;
  yield `|${"---|".repeat(head.length)}`;
  for (const row of rows) yield `| ${cellsOf(row).slice(0, head.length).join(" | ")} |`;
}

/** The cells of a row's line. An aim that the median missed is in bold. */
export function cellsOf(row: Omit<Row, "figures">): readonly string[] {
  const { name, against, value, unit, aim } = row;
  if (aim === undefined) return [name, against, resultOf(row), ""];
  const isMet = "atLeast" in aim ? value >= aim.atLeast : value <= aim.atMost;
  const text = ["atLeast" in aim ? `at least ${aim.atLeast}` : `at most ${aim.atMost}`, unit].join(" ").trim();
  return [name, against, resultOf(row), isMet ? text : `**${text}**`];
}

export function resultOf({ value, low, high, unit, detail }: Omit<Row, "figures">): string {
  const shown =
    low === undefined || high === undefined ? formatNumber(value) : formatEstimate({ median: value, low, high });
  return [shown, unit, detail === undefined ? "" : `(${detail})`].filter((part) => part !== "").join(" ");
}
