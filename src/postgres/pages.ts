import { stringify } from "../events/json.ts";
import type { EventPage, PageQuery, RecordFilter } from "../storage/protocol.ts";
import type { PostgresQuery, PostgresValue } from "./driver.ts";
import { ID } from "./rows.ts";
import { arrayOf, isStorable, isUuid, toNumber } from "./values.ts";

/** The largest size of a page in bytes, unless its first event alone is larger. */
const PAGE_BYTES = 16 << 20;

/** How many positions one page with a filter scans at most, so that no statement takes long. */
const SCANNED_POSITIONS = 50_000;

/** How many metadata keys are compared in SQL at most. Every reader filters again. */
const MOST_KEYS = 20;

/**
 * An event's fields as JSON text, in the form that `EventPage` describes. PostgreSQL builds the text, which is faster than returning
 * columns. concat_ws skips NULLs, so absent data is left out.
 */
const FIELDS =
  `concat_ws(',', e.position, to_json(e.stream), e.version, to_json('t' || ${ID}), to_json(e.type), ` +
  "e.schema_version, e.timestamp, coalesce(e.metadata, 'null'), e.data)";

/** Its size, which PostgreSQL knows without reading large values. */
const SIZE = "coalesce(octet_length(e.data), 0) + coalesce(octet_length(e.metadata), 0)";

/** Reads pages of events, each with one statement. `s`: the schema's quoted name. */
export function createPageReader(query: PostgresQuery, s: string): (asked: PageQuery) => Promise<EventPage> {
  return async function readPage(asked: PageQuery): Promise<EventPage> {
    const { stream, after, direction, limit } = asked;
    const values: PostgresValue[] = [];
    const parameter = (value: PostgresValue): string => `$${values.push(value)}`;
    const key = stream === undefined ? "position" : "version";
    const forward = direction === "forward";
    const scans = stream === undefined && asked.filter !== undefined && asked.filter.ids === undefined;
    const head =
      asked.head === undefined
        ? `SELECT coalesce(max(position), 0) AS head FROM ${s}.events`
        : `SELECT ${parameter(asked.head)}::bigint AS head`;
    const lower = `${parameter(after)}::bigint`;
    const upper = `${parameter(asked.upTo)}::bigint`;
    const first =
      stream === undefined && !forward && scans
        ? `greatest(${lower}, least(${upper}, head) - ${SCANNED_POSITIONS})`
        : lower;
    const top = stream === undefined ? `least(${upper}, head)` : upper;
    const last = scans && forward ? `least(${top}, ${lower} + ${SCANNED_POSITIONS})` : top;
    const bounds = `SELECT head, ${first} AS low, greatest(${lower}, ${last}) AS high FROM (${head}) newest`;
    const where = [
      stream === undefined ? "" : `e.stream = ${parameter(stream)} AND e.position <= (SELECT head FROM bounds) AND `,
      `e.${key} > (SELECT low FROM bounds) AND e.${key} <= (SELECT high FROM bounds)`,
      asked.filter === undefined ? "" : conditionsOf(asked.filter, parameter),
    ].join("");
    const order = `ORDER BY key ${forward ? "ASC" : "DESC"}`;
    const [[headNow, low, high, found, rows, count, lowest, highest] = []] = await query(
      `WITH bounds AS MATERIALIZED (${bounds}), found AS MATERIALIZED (
        SELECT e.${key} AS key, sum(${SIZE}) OVER (ORDER BY e.${key} ${forward ? "ASC" : "DESC"} ROWS UNBOUNDED PRECEDING) - (${SIZE}) AS before, ${FIELDS} AS fields
        FROM ${s}.events e WHERE ${where} ${order} LIMIT ${parameter(limit)})
      SELECT (SELECT head FROM bounds), (SELECT low FROM bounds), (SELECT high FROM bounds), (SELECT count(*) FROM found),
        '[[' || string_agg(fields, '],[' ${order}) || ']]', count(*), min(key), max(key)
      FROM found WHERE before < ${PAGE_BYTES}`,
      values,
    );
    return toPage(asked, {
      head: toNumber(headNow),
      low: toNumber(low),
      high: toNumber(high),
      found: toNumber(found),
      rows: rows ?? "[]",
      count: toNumber(count),
      lowest: toNumber(lowest),
      highest: toNumber(highest),
    });
  };
}

interface Found {
  readonly head: number;
  /** The range of keys that was read: from `low`, exclusive, to `high`. */
  readonly low: number;
  readonly high: number;
  /** How many events the range has, up to the limit. */
  readonly found: number;
  readonly rows: string;
  /** How many of them are in the page. */
  readonly count: number;
  readonly lowest: number;
  readonly highest: number;
}

function toPage({ after, upTo, direction, limit, stream }: PageQuery, page: Found): EventPage {
  const { head, low, high, count, rows } = page;
  const forward = direction === "forward";
  const whole = count === page.found && count < limit;
  const end = forward ? Math.max(after, stream === undefined ? Math.min(upTo, head) : upTo) : after;
  const reached = forward ? high : low;
  return {
    rows,
    count,
    head,
    cursor: whole ? reached : forward ? page.highest : page.lowest - 1,
    done: whole && reached === end,
  };
}

/** Translates a filter to SQL. It may select too many events, because every reader filters again. */
function conditionsOf(
  { ids, types, streams, streamPrefix, metadata }: RecordFilter,
  parameter: (value: PostgresValue) => string,
): string {
  const conditions: string[] = [];
  if (ids !== undefined) {
    // An id that PostgreSQL cannot hold is the id of no event.
    const uuids = parameter(arrayOf(ids.filter(isUuid)));
    const others = parameter(arrayOf(ids.filter((id) => !isUuid(id) && isStorable(id))));
    conditions.push(`(e.uuid = ANY (${uuids}::uuid[]) OR e.id = ANY (${others}::text[]))`);
  }
  if (types !== undefined) conditions.push(`e.type = ANY (${parameter(arrayOf(types))}::text[])`);
  if (streams !== undefined) conditions.push(`e.stream = ANY (${parameter(arrayOf(streams))}::text[])`);
  if (streamPrefix !== undefined) conditions.push(`starts_with(e.stream, ${parameter(streamPrefix)})`);
  for (const [key, value] of Object.entries(metadata ?? {}).slice(0, MOST_KEYS)) {
    // Metadata is stored as JSON.stringify writes it, so a matching entry appears in it literally.
    conditions.push(`strpos(e.metadata, ${parameter(`${stringify(key)}:${stringify(value)}`)}) > 0`);
  }
  return conditions.map((condition) => ` AND ${condition}`).join("");
}
