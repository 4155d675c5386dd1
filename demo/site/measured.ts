/** A row of the benchmark, as docs/performance.json keeps it: the tables of the documents and the charts of the site show it. */
export interface MeasuredRow {
  readonly name: string;
  readonly against: string;
  /** One reading, or the median of many: then with the interval of the median. */
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** Empty for a ratio of rates. */
  readonly unit: string;
  /** A note that is shown after the value. */
  readonly detail?: string;
  readonly aim?: Aim;
}

/** The least or the greatest value aimed at. */
type Aim = { readonly atLeast: number } | { readonly atMost: number };

/** Rows by the part of the benchmark that measures them. A part has a name beside the same baseline only once. */
export type Measured = Readonly<Record<string, readonly MeasuredRow[]>>;
