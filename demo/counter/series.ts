import type { QueryFor } from "rivulet";
import { sql } from "rivulet/read-models";
import { steps } from "./overview.ts";
import type { SeriesPoint } from "./service.ts";

/** The most points: more cannot be told apart on a screen. */
const POINTS = 600;

/** Runs a query over the read model, with or without what is pending. */
export type Query = <Row>(statement: QueryFor<Row>) => Promise<readonly Row[]>;

/** The points of a counter that later events do not change. */
interface Kept {
  readonly first: number;
  readonly width: number;
  readonly points: readonly SeriesPoint[];
  /** The position from which on points are read again. */
  readonly next: number;
}

/**
 * Returns a function that reads a counter's value over its events. If there are many events, a point stands for several, and has their
 * range. A point whose positions are all confirmed never changes and is read once, so that a new event costs the same however long the
 * history is.
 *
 * @param confirmed Returns a position up to which the read model has every event.
 */
export function createSeries(
  query: Query,
  confirmed: () => number,
): (stream: string) => Promise<readonly SeriesPoint[]> {
  const kept = new Map<string, Kept>();

  return async (stream) => {
    const settled = confirmed();
    // SQLite looks up a minimum or a maximum in the index only if it is asked for that alone.
    const [bounds] = await query<{ first: number | null; last: number | null }>(
      sql`SELECT (SELECT min(position) FROM ${steps} WHERE stream = ${stream}) AS first,
                 (SELECT max(position) FROM ${steps} WHERE stream = ${stream}) AS last`,
    );
    if (bounds?.first == null || bounds.last === null) return [];
    const { first, last } = bounds;
    const width = widthOf(last - first + 1);
    const before = kept.get(stream);
    const { points: known, next: from } =
      before?.first === first && before.width === width ? before : { points: [], next: first };
    // Numbers may be bound as floats, so the quotient has to be truncated.
    const rest = await query<SeriesPoint>(
      sql`SELECT ${steps}.position, ${steps}.time, part.first AS "from", part.began AS "fromTime",
                 ${steps}.value, part.low, part.high
          FROM (SELECT max(position) AS last, min(position) AS first, min(time) AS began, min(value) AS low, max(value) AS high FROM ${steps}
                WHERE stream = ${stream} AND position >= ${from}
                GROUP BY CAST((position - ${first}) / ${width} AS INTEGER)) AS part
          JOIN ${steps} ON ${steps}.position = part.last ORDER BY ${steps}.position`,
    );
    const points = [...known, ...rest];
    const next = first + Math.floor((settled + 1 - first) / width) * width;
    kept.set(stream, { first, width, points: points.filter(({ position }) => position < next), next });
    return points;
  };
}

/** How many positions a point stands for: a power of two, so that it rarely changes. */
function widthOf(positions: number): number {
  let width = 1;
  while (positions > POINTS * width) width *= 2;
  return width;
}
