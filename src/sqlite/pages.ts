import type { EventPage, PageQuery, RecordFilter } from "../storage/protocol.ts";
import type { SqliteDriver, SqliteStatement, SqliteValue } from "./driver.ts";
import { ID_TEXT, JOINED_EVENTS } from "./rows.ts";

/** With a filter, one page looks at so many positions at most, so that rare matches do not hold the thread. */
const SCANNED_POSITIONS = 20_000;

/**
 * One event's fields as JSON text, as the protocol describes them, put together by SQLite: the fastest way out of it.
 * concat_ws leaves out what is NULL, and absent data comes last (https://sqlite.org/lang_corefunc.html#concat_ws).
 */
const FIELDS =
  `concat_ws(',', e.position, json_quote(s.name), e.version, json_quote(${ID_TEXT}), json_quote(t.name), ` +
  `e.schema_version, e.timestamp, ifnull(e.metadata, 'null'), e.data)`;

/** Reads pages of events, each in one statement. */
export function createPageReader(
  driver: SqliteDriver,
  readHead: () => number,
  pagesAs: "text" | "bytes" = "text",
): (query: PageQuery) => EventPage {
  const rowsText = "'[[' || group_concat(fields, '],[') || ']]'";
  const rowsSql = pagesAs === "text" ? rowsText : `CAST(${rowsText} AS BLOB)`;
  const statements = new Map<string, SqliteStatement>();

  return function readPage(query: PageQuery): EventPage {
    const head = query.head ?? readHead();
    const bounds = boundsOf(query, head);
    const [count, rows, lowest, highest] = prepare(query).get(...valuesOf(query, head, bounds), query.limit) as [
      number,
      string | Uint8Array | null,
      number | null,
      number | null,
    ];
    const end = query.direction === "forward" ? highest : lowest === null ? null : lowest - 1;
    const whole = count < query.limit || end === bounds.cursor;
    return {
      rows: rows ?? "[]",
      count,
      head,
      cursor: whole ? bounds.cursor : (end ?? bounds.cursor),
      done: whole && bounds.last,
    };
  };

  function valuesOf({ stream, filter }: PageQuery, head: number, { after, upTo }: Bounds): SqliteValue[] {
    const bounds: SqliteValue[] = stream === undefined ? [after, upTo] : [stream, after, upTo, head];
    return filter === undefined ? bounds : bounds.concat(conditionsOf(filter).values);
  }

  /** One statement for each shape of query; the usual shapes are found without putting their SQL together. */
  function prepare({ stream, direction, filter }: PageQuery): SqliteStatement {
    const conditions = filter === undefined ? "" : conditionsOf(filter).conditions.join("");
    const shape = `${stream === undefined ? "all" : "stream"} ${direction} ${conditions}`;
    let statement = statements.get(shape);
    if (statement === undefined) {
      const key = stream === undefined ? "e.position" : "e.version";
      const bounds = stream === undefined ? ALL_BOUNDS : STREAM_BOUNDS;
      const order = direction === "forward" ? "ASC" : "DESC";
      statement = driver.prepare(
        `SELECT count(*), ${rowsSql}, min(key), max(key) FROM (SELECT ${FIELDS} AS fields, ${key} AS key ` +
          `FROM ${JOINED_EVENTS} WHERE ${bounds}${conditions} ORDER BY ${key} ${order} LIMIT ${LIMIT})`,
      );
      statements.set(shape, statement);
    }
    return statement;
  }
}

/** Not a bare parameter: SQLite would plan the statement anew for every value of it, which takes longer than a small page. */
const LIMIT = "? + 0";

const ALL_BOUNDS = "e.position > ? AND e.position <= ?";
const STREAM_BOUNDS =
  "e.stream = (SELECT id FROM streams WHERE name = ?) AND e.version > ? AND e.version <= ? AND e.position <= ?";

interface Bounds {
  readonly after: number;
  readonly upTo: number;
  /** Where a page that finds less than its limit goes on. */
  readonly cursor: number;
  /** Nothing lies beyond these bounds. */
  readonly last: boolean;
}

function boundsOf({ stream, after, upTo, direction, filter }: PageQuery, head: number): Bounds {
  if (stream !== undefined) return { after, upTo, cursor: direction === "forward" ? upTo : after, last: true };
  const top = Math.max(after, Math.min(upTo, head));
  const scanned = filter === undefined ? Infinity : SCANNED_POSITIONS;
  if (direction === "forward") {
    const end = Math.min(top, after + scanned);
    return { after, upTo: end, cursor: end, last: end === top };
  }
  const start = Math.max(after, top - scanned);
  return { after: start, upTo: top, cursor: start, last: start === after };
}

/** A filter in SQL, which may let more through than is asked for: every reader looks again. */
function conditionsOf(filter: RecordFilter): { conditions: string[]; values: SqliteValue[] } {
  const conditions: string[] = [];
  const values: SqliteValue[] = [];
  const { types, streams, streamPrefix, metadata } = filter;
  if (types !== undefined) {
    conditions.push(" AND e.type IN (SELECT id FROM types WHERE name IN (SELECT value FROM json_each(?)))");
    values.push(JSON.stringify(types));
  }
  if (streams !== undefined) {
    conditions.push(" AND e.stream IN (SELECT id FROM streams WHERE name IN (SELECT value FROM json_each(?)))");
    values.push(JSON.stringify(streams));
  }
  if (streamPrefix !== undefined) {
    conditions.push(" AND e.stream IN (SELECT id FROM streams WHERE name >= ? AND substr(name, 1, length(?)) = ?)");
    values.push(streamPrefix, streamPrefix, streamPrefix);
  }
  for (const [key, value] of Object.entries(metadata ?? {})) {
    // Metadata is stored as JSON.stringify writes it, so what is looked for stands in it letter for letter.
    conditions.push(" AND instr(e.metadata, ?) > 0");
    values.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  return { conditions, values };
}
