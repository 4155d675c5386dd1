import type { SqlStatement } from "rivulet";
import { sql } from "rivulet/read-models";
import { steps } from "./overview.ts";
import type { SeriesPoint } from "./service.ts";

/** The number of points: more cannot be told apart on a screen. */
const POINTS = 600;

/** Runs a query over the read model, with or without what is pending. */
export type Query = <Row>(statement: SqlStatement) => Promise<readonly Row[]>;

/**
 * Reads a counter's value over its events. If there are many events, a point stands for several, and has their range.
 */
export async function readSeries(query: Query, stream: string): Promise<readonly SeriesPoint[]> {
  const [bounds] = await query<{ first: number | null; last: number | null }>(
    sql`SELECT min(position) AS first, max(position) AS last FROM ${steps} WHERE stream = ${stream}`,
  );
  if (bounds?.first == null || bounds.last === null) return [];
  const width = Math.max(1, Math.ceil((bounds.last - bounds.first + 1) / POINTS));
  // Numbers may be bound as floats, so the quotient has to be truncated.
  return query<SeriesPoint>(
    sql`SELECT ${steps}.position, ${steps}.time, ${steps}.value, part.low, part.high
        FROM (SELECT max(position) AS last, min(value) AS low, max(value) AS high FROM ${steps}
              WHERE stream = ${stream} GROUP BY CAST((position - ${bounds.first}) / ${width} AS INTEGER)) AS part
        JOIN ${steps} ON ${steps}.position = part.last ORDER BY ${steps}.position`,
  );
}
