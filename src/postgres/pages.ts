import { stringify } from "../events/json.ts";
import type { EventPage, PageQuery, RecordFilter } from "../storage/protocol.ts";
import type { PostgresQuery, PostgresRow, PostgresValue } from "./driver.ts";
import { EVENT_TIME, ID } from "./rows.ts";
import { createPartFinder } from "./term-blocks.ts";
import { arrayOf, isStorable, isUuid, toNumber } from "./values.ts";

/** The largest size of a page in bytes, unless its first event alone is larger. */
const PAGE_BYTES = 16 << 20;

/** How many keys one page with a filter scans at most, so that no statement takes long. */
const SCANNED_KEYS = 50_000;

/** How many metadata keys are compared in SQL at most. Every reader filters again. */
const MOST_KEYS = 20;

/**
 * An event's fields as JSON text, in the form that `EventPage` describes. PostgreSQL builds the text, which is faster than returning
 * columns. concat_ws skips NULLs, so absent data is left out.
 */
const FIELDS =
  `concat_ws(',', e.position, to_json(e.stream), e.version, to_json('t' || ${ID}), to_json(e.type), ` +
  `e.schema_version, ${EVENT_TIME}, coalesce(e.metadata, 'null'), e.data)`;

/**
 * Metadata of events without data, which is then the last field: a damaged text, such as `null,1`, would be read as metadata and data. An
 * object without further braces is one field. The texts of all others are parsed by themselves; to do that in SQL takes PostgreSQL 16.
 */
const DOUBTFUL = "e.data IS NULL AND e.metadata !~ '^\\{[^{}]*\\}$'";

/** Its size, which PostgreSQL knows without reading large values. */
const SIZE = "coalesce(octet_length(e.data), 0) + coalesce(octet_length(e.metadata), 0)";

/**
 * Reads pages of events, each with one statement. Keys have no gaps, so a page without a filter is a range of keys as long as the
 * limit: PostgreSQL then never sorts more than the page, whatever it knows of the table. `s`: the schema's quoted name.
 */
export function createPageReader(query: PostgresQuery, s: string): (asked: PageQuery) => Promise<EventPage> {
  const findPart = createPartFinder(query, s);
  return async function readPage(asked: PageQuery): Promise<EventPage> {
    const { stream, filter, limit } = asked;
    const part = await findPart(asked);
    const values: PostgresValue[] = [];
    const parameter = (value: PostgresValue): string => `$${values.push(value)}`;
    const forward = asked.direction === "forward";
    const key = stream === undefined ? "e.position" : "e.version";
    const ofStream =
      stream === undefined ? "" : `e.stream = ${parameter(stream)} AND e.position <= (SELECT head FROM newest) AND `;
    const newest =
      asked.head === undefined
        ? `SELECT coalesce(max(position), 0) AS head FROM ${s}.events`
        : `SELECT ${parameter(asked.head)}::bigint AS head`;
    const last =
      stream === undefined
        ? "head"
        : `coalesce((SELECT e.version FROM ${s}.events e WHERE ${ofStream}true ORDER BY e.version DESC LIMIT 1), 0)`;
    const [after, most] = [`${parameter(asked.after)}::bigint`, `${parameter(limit)}::bigint`];
    const ends = `SELECT head, ${after} AS after, greatest(${after}, least(${parameter(asked.upTo)}::bigint, ${last})) AS top FROM newest`;
    const span = filter === undefined ? most : filter.ids === undefined ? SCANNED_KEYS : Number.MAX_SAFE_INTEGER;
    const found = part && `${parameter(part.low)}::bigint`;
    const range =
      part?.high !== undefined
        ? `${found} AS low, ${parameter(part.high)}::bigint AS high`
        : forward
          ? `after AS low, least(top, after + ${span}) AS high`
          : `greatest(after, top - ${span}${found ? `, ${found}` : ""}) AS low, top AS high`;
    const conditions = filter === undefined ? "" : conditionsOf(filter, parameter);
    const order = `ORDER BY ${key} ${forward ? "ASC" : "DESC"}`;
    // Only the events of the page become text, while they are gathered: a copy of each would cost as much as reading it.
    const within = `FILTER (WHERE before < ${PAGE_BYTES})`;
    const doubtful = `FILTER (WHERE before < ${PAGE_BYTES} AND ${DOUBTFUL})`;
    const [row = []] = await query(
      `WITH newest AS MATERIALIZED (${newest}), ends AS MATERIALIZED (${ends}),
      bounds AS MATERIALIZED (SELECT head, top, ${range} FROM ends)
      SELECT (SELECT head FROM bounds), (SELECT top FROM bounds), (SELECT low FROM bounds), (SELECT high FROM bounds),
        count(*), count(*) ${within}, min(${key}) ${within}, max(${key}) ${within},
        '[[' || string_agg(${FIELDS}, '],[' ${order}) ${within} || ']]',
        json_agg(e.metadata) ${doubtful}
      FROM (
        SELECT e.*, sum(${SIZE}) OVER (${order} ROWS UNBOUNDED PRECEDING) - (${SIZE}) AS before
        FROM ${
          part?.ranges === undefined
            ? `${s}.events e WHERE ${ofStream}${key} > (SELECT low FROM bounds) AND ${key} <= (SELECT high FROM bounds) ${conditions}`
            : `unnest(${parameter(arrayOf(part.ranges.map(([low]) => low)))}::bigint[], ${parameter(arrayOf(part.ranges.map(([, high]) => high)))}::bigint[]) AS r (low, high)
              CROSS JOIN LATERAL (
                SELECT e.* FROM ${s}.events e WHERE e.position > r.low AND e.position <= r.high ${conditions} ${order} LIMIT ${most}
              ) e`
        }
        ${order} LIMIT ${most}) e`,
      values,
    );
    return toPage(asked, row);
  };
}

function toPage({ after, direction, limit, filter }: PageQuery, row: PostgresRow): EventPage {
  const [head, top, low, high, found, count, lowest, highest] = row.slice(0, 8).map(toNumber) as [
    head: number,
    /** The last key of the read. */
    top: number,
    /** The range of keys of this page: from `low`, exclusive, to `high`. */
    low: number,
    high: number,
    /** How many events it has, up to the limit. */
    found: number,
    /** How many of them are in the page, which is limited in bytes, too. */
    count: number,
    lowest: number,
    highest: number,
  ];
  const forward = direction === "forward";
  const whole = count === found && (filter === undefined || count < limit);
  const reached = forward ? high : low;
  return {
    // With one field that is no JSON, the page cannot be read, like a page with any other damaged row.
    rows: `${row[8] ?? "[]"}${isEachJson(row[9] ?? "[]") ? "" : "!"}`,
    count,
    head,
    cursor: whole ? reached : forward ? highest : lowest - 1,
    done: whole && reached === (forward ? top : after),
  };
}

function isEachJson(texts: string): boolean {
  try {
    for (const text of JSON.parse(texts) as string[]) JSON.parse(text);
    return true;
  } catch {
    return false;
  }
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
