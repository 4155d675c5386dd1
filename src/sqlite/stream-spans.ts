import { stringify } from "../events/json.ts";
import type { RecordFilter } from "../storage/protocol.ts";
import type { SqliteDriver, SqliteStatement } from "./driver.ts";

/** What a page reads by the index of streams: `[stream, after this version, up to this version]` of each stream, as JSON. */
export type Spans = string;

/** A part of the log that a page with a filter is read from. */
export interface Part {
  /** The exclusive lower bound of positions. */
  readonly after: number;
  /** The inclusive upper bound of positions. */
  readonly upTo: number;
  readonly limit: number;
  readonly direction: "forward" | "backward";
}

/** Of the streams together: at most so many events are looked through in the index for one page. */
const MOST_ENTRIES = 20_000;

/** With more streams, a page scans positions. */
const MOST_STREAMS = 2_000;

/** The events with these positions, which the index of streams and versions gives without reading the events themselves. */
export const IN_SPANS: string =
  " AND e.position IN (SELECT f.position FROM json_each(?) j CROSS JOIN events f " +
  "ON f.stream = j.value ->> 0 AND f.version > j.value ->> 1 AND f.version <= j.value ->> 2)";

/**
 * Returns a function that finds the spans of a filter by streams, or undefined where a scan of positions is better: where many streams
 * are selected, or one page would look through too many entries of the index.
 */
export function createSpanFinder(driver: SqliteDriver): (filter: RecordFilter, part: Part) => Spans | undefined {
  const newest = "(SELECT max(version) FROM events WHERE stream = streams.id)";
  const selectNamed = driver.prepare(
    `SELECT id, ${newest} FROM streams WHERE name IN (SELECT value FROM json_each(?)) LIMIT ? + 0`,
  );
  const selectPrefixed = driver.prepare(`SELECT id, ${newest} FROM streams WHERE name >= ? AND name < ? LIMIT ? + 0`);
  const selectPosition = driver.prepare("SELECT position FROM events WHERE stream = ? AND version = ?");

  return ({ streams, streamPrefix, types, metadata }, part) => {
    const prefixEnd = streamPrefix === undefined ? undefined : endOfPrefix(streamPrefix);
    if (streams === undefined && prefixEnd === undefined) return undefined;
    const found = (streams === undefined
      ? selectPrefixed.all(streamPrefix as string, prefixEnd as string, MOST_STREAMS + 1)
      : selectNamed.all(stringify(streams), MOST_STREAMS + 1)) as unknown as readonly (readonly [
      id: number,
      version: number | null,
    ])[];
    if (found.length > MOST_STREAMS) return undefined;
    // A span ends after as many events as the page may have, so all of them have to match.
    const others =
      types !== undefined || metadata !== undefined || (streams !== undefined && streamPrefix !== undefined);
    if (others || found.length * part.limit > MOST_ENTRIES) {
      const total = found.reduce((sum, [, version]) => sum + (version ?? 0), 0);
      return total > MOST_ENTRIES ? undefined : stringify(found.map(([id, version]) => [id, 0, version ?? 0]));
    }
    const spans = found.map(([id, version]) => spanOf(selectPosition, id, version ?? 0, part));
    return spans.includes(undefined) ? undefined : stringify(spans);
  };
}

/** The versions of a stream that a page may need: its limit, from the first or last in the part; undefined if it has gaps. */
function spanOf(
  selectPosition: SqliteStatement,
  stream: number,
  newest: number,
  { after, upTo, limit, direction }: Part,
): readonly [stream: number, after: number, upTo: number] | undefined {
  const bound = direction === "forward" ? after : upTo;
  // How many of the stream's events are at or before the bound. Positions rise with versions, which have no gaps.
  let low = 0;
  let high = newest;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const row = selectPosition.get(stream, middle);
    if (row === undefined) return undefined;
    if ((row[0] as number) <= bound) low = middle;
    else high = middle - 1;
  }
  return direction === "forward" ? [stream, low, low + limit] : [stream, Math.max(0, low - limit), low];
}

/** The first text after all that start with a prefix, as SQLite compares texts: by code points. None follows the greatest code point. */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  while (points.at(-1) === GREATEST) points.pop();
  const last = points.pop()?.codePointAt(0);
  if (last === undefined) return undefined;
  return points.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}

const GREATEST = "\u{10ffff}";
