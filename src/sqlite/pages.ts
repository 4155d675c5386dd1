import { EVENT_FIELDS } from "../storage/event-page.ts";
import type { EventPage, PageQuery } from "../storage/protocol.ts";
import type { SqliteDriver, SqliteRow, SqliteStatement, SqliteValue } from "./driver.ts";
import { columnsOf, columnsSql, columnsText, fieldsSql } from "./event-fields.ts";
import { conditionsOf, createTypeFinder, type Found } from "./filter-conditions.ts";
import { preparingLater } from "./prepare-later.ts";
import { JOINED_EVENTS } from "./rows.ts";
import { createBlockFinder } from "./term-blocks.ts";
import { createSpanFinder } from "./stream-spans.ts";

/** An event of at most this many characters is small: a page's size need not be checked for small events. */
export const SMALL_EVENT = 16_384;

/** Selects the size of the largest event ever stored; no row if all events are small. */
export const SELECT_LARGEST = "SELECT value FROM meta WHERE key = 'largest_event'";

/** The largest size of a page in bytes, unless its first event alone is larger. */
export const PAGE_BYTES: number = 16 << 20;

/** The same where there is little memory and messages are limited, as where SQLite gives pages as rows. */
const PAGE_BYTES_IN_ROWS = 4 << 20;

/** How many positions one page with a filter scans at most, so that a filter with few matches does not block the thread. */
const SCANNED_POSITIONS = 20_000;

/** So few blocks are looked through sooner than all events of the streams of a filter. */
const FEW_BLOCKS = 16;

/** How SQLite gives the events of a page. "rows": as one text, or, where that is too large a value, as a row for each event. */
export type PagesAs = "text" | "bytes" | "rows";

/** Reads pages of events, each with one statement. If events are large, another statement first counts how many fit into the page. */
export function createPageReader(driver: SqliteDriver, pagesAs: PagesAs = "text"): (query: PageQuery) => EventPage {
  const asValue = (text: string): string => (pagesAs === "bytes" ? `CAST(${text} AS BLOB)` : text);
  const pageBytes = pagesAs === "rows" ? PAGE_BYTES_IN_ROWS : PAGE_BYTES;
  const statements = new Map<string, SqliteStatement>();
  const selectHead = driver.prepare(`SELECT max(position), (${SELECT_LARGEST}) FROM events`);
  const later = preparingLater(driver);
  const findTypes = createTypeFinder(later);
  const findSpans = createSpanFinder(later);
  const findBlocks = createBlockFinder(later);
  let largest = 0;
  /** How many events a page may have to be asked for as one value. */
  let mostAsText = Infinity;

  return function readPage(asked: PageQuery): EventPage {
    const head = asked.head ?? readHead();
    // After the head is known, so that no event up to there has a type that was not found.
    const query = asked.filter === undefined ? asked : withIndex({ ...asked, types: findTypes(asked.filter) }, head);
    const bounds = boundsOf(query, head);
    const values = valuesOf(query, head, bounds);
    const limit = query.limit * largest <= pageBytes ? query.limit : countFitting(query, values);
    const [count, rows, lowest, highest] = read(query, values, limit);
    const end = query.direction === "forward" ? highest : lowest === null ? null : lowest - 1;
    const whole = count < limit || end === bounds.cursor;
    return {
      rows: rows ?? "[]",
      count,
      head,
      cursor: whole ? bounds.cursor : (end ?? bounds.cursor),
      done: whole && bounds.last,
    };
  };

  /** Streams and types are read by their index where that is less than scanning positions. */
  function withIndex(query: Query, head: number): Query {
    const { stream, after, limit, direction, filter, types } = query;
    if (stream !== undefined || filter === undefined || filter.ids !== undefined) return query;
    const part = { after, upTo: Math.min(query.upTo, head), limit, direction };
    const blocks = findBlocks(filter, types, part);
    if (blocks !== undefined && blocks.end === undefined && blocks.numbers.length <= FEW_BLOCKS)
      return { ...query, blocks };
    const spans = findSpans(filter, part);
    if (spans !== undefined) return { ...query, spans };
    return blocks === undefined ? query : { ...query, blocks };
  }

  function read(query: Query, values: readonly SqliteValue[], limit: number): PageRow {
    if (limit <= mostAsText) {
      try {
        return prepare(query, columnsOf(query)?.join() ?? "page", selectPage).get(
          ...values,
          limit,
        ) as unknown as PageRow;
      } catch (error) {
        if (pagesAs !== "rows" || driver.codeOf(error) !== "SQLITE_TOOBIG") throw error;
        // Such a page is not tried again: the work would be done twice each time.
        mostAsText = limit / 2;
      }
    }
    return joined(prepare(query, "rows", selectEvents).all(...values, limit));
  }

  /** A read ends at this head, so events that are appended later, and may be larger, are not part of it. */
  function readHead(): number {
    const [head, size] = selectHead.get() as [number | null, number | null];
    largest = size ?? 0;
    return head ?? 0;
  }

  function countFitting(query: Query, values: readonly SqliteValue[]): number {
    const [count] = prepare(query, "fitting", selectFitting).get(...values, query.limit, pageBytes) as [number];
    return Math.max(1, count);
  }

  function valuesOf({ stream, filter, ...found }: Query, head: number, { after, upTo }: Bounds): SqliteValue[] {
    const bounds: SqliteValue[] = stream === undefined ? [after, upTo] : [stream, after, upTo, head];
    return filter === undefined ? bounds : bounds.concat(conditionsOf(filter, found).values);
  }

  /** Prepares one statement for each shape of query. The SQL is built only if the shape is new. */
  function prepare(
    query: Query,
    what: string,
    sql: (key: string, rest: string, query: Query) => string,
  ): SqliteStatement {
    const { stream, direction, filter, fields, spans, blocks } = query;
    const conditions = filter === undefined ? "" : conditionsOf(filter, query).conditions.join("");
    // The fields in one order, so that there are few shapes, whatever is asked for.
    const some = fields && EVENT_FIELDS.filter((field) => fields.includes(field));
    const shape = `${what} ${some?.join() ?? "whole"} ${stream === undefined ? "all" : "stream"} ${direction} ${conditions}`;
    let statement = statements.get(shape);
    if (statement === undefined) {
      const key = stream === undefined ? "e.position" : "e.version";
      const whole = stream === undefined ? ALL_BOUNDS : STREAM_BOUNDS;
      // The unary plus makes SQLite look up each id or position in its index instead of scanning the range.
      const scans = filter?.ids === undefined && spans === undefined && blocks === undefined;
      const bounds = scans ? whole : whole.replaceAll("e.", "+e.");
      const order = direction === "forward" ? "ASC" : "DESC";
      statement = driver.prepare(
        sql(key, `WHERE ${bounds}${conditions} ORDER BY ${key} ${order} LIMIT ${LIMIT}`, query),
      );
      statements.set(shape, statement);
    }
    return statement;
  }

  function selectPage(key: string, rest: string, query: Query): string {
    const columns = columnsOf(query);
    const [text, events] =
      columns === undefined
        ? ["'[[' || group_concat(fields, '],[') || ']]'", selectEvents(key, rest, query)]
        : [columnsText(columns), selectFrom(columnsSql(columns), key, rest)];
    return `SELECT count(*), ${asValue(text)}, min(key), max(key) FROM (${events})`;
  }
}

function selectEvents(key: string, rest: string, { fields }: Query): string {
  return selectFrom(`${fieldsSql(fields)} AS fields`, key, rest);
}

function selectFrom(columns: string, key: string, rest: string): string {
  return `SELECT ${columns}, ${key} AS key FROM ${JOINED_EVENTS} ${rest}`;
}

type PageRow = readonly [
  count: number,
  rows: string | Uint8Array | null,
  lowest: number | null,
  highest: number | null,
];

/** What SQLite's own aggregates make of a page's events, each of which has its fields and its key. */
function joined(events: readonly SqliteRow[]): PageRow {
  if (events.length === 0) return [0, null, null, null];
  const ends = [events[0]?.[1] as number, events.at(-1)?.[1] as number] as const;
  return [events.length, `[[${events.map(([fields]) => fields).join("],[")}]]`, Math.min(...ends), Math.max(...ends)];
}

/** Counts how many events fit into a page. SQLite knows the sizes without reading the values. */
function selectFitting(_key: string, rest: string): string {
  const sizes = `SELECT ifnull(octet_length(e.data), 0) + ifnull(octet_length(e.metadata), 0) AS size FROM events e ${rest}`;
  const sums = `SELECT sum(size) OVER (ROWS UNBOUNDED PRECEDING) AS total FROM (${sizes})`;
  return `SELECT count(*) FROM (${sums}) WHERE total <= ?`;
}

/** With a bare parameter, SQLite would plan the statement again for every value, which takes longer than reading a small page. */
const LIMIT = "? + 0";

const ALL_BOUNDS = "e.position > ? AND e.position <= ?";
const STREAM_BOUNDS =
  "e.stream = (SELECT id FROM streams WHERE name = ?) AND e.version > ? AND e.version <= ? AND e.position <= ?";

type Query = PageQuery & Found;

interface Bounds {
  readonly after: number;
  readonly upTo: number;
  /** Where the next page starts if this one finds fewer events than its limit. */
  readonly cursor: number;
  /** Whether this is the last range of the read. */
  readonly last: boolean;
}

function boundsOf({ stream, after, upTo, direction, filter, spans, blocks }: Query, head: number): Bounds {
  if (stream !== undefined) return { after, upTo, cursor: direction === "forward" ? upTo : after, last: true };
  const top = Math.max(after, Math.min(upTo, head));
  if (blocks?.end !== undefined) {
    if (direction === "forward") return { after, upTo: blocks.end, cursor: blocks.end, last: blocks.end === top };
    return { after: blocks.end, upTo: top, cursor: blocks.end, last: blocks.end === after };
  }
  const scanned =
    filter === undefined || filter.ids !== undefined || spans !== undefined || blocks !== undefined
      ? Infinity
      : SCANNED_POSITIONS;
  if (direction === "forward") {
    const end = Math.min(top, after + scanned);
    return { after, upTo: end, cursor: end, last: end === top };
  }
  const start = Math.max(after, top - scanned);
  return { after: start, upTo: top, cursor: start, last: start === after };
}
