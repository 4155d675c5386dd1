import { stringify } from "../events/json.ts";
import type { RecordFilter } from "../storage/protocol.ts";
import type { SqliteDriver, SqliteValue } from "./driver.ts";
import { idText, TEXT_ID } from "./rows.ts";
import { IN_SPANS, type Spans } from "./stream-spans.ts";
import { inBlocks, type Blocks } from "./term-blocks.ts";

/** What was found in the database for a page with a filter. */
export interface Found {
  /** The ids of the filter's types. */
  readonly types?: readonly number[] | undefined;
  /** Read by the index of streams, instead of scanning positions. */
  readonly spans?: Spans;
  /** Read by the index of types and metadata, instead of scanning positions. */
  readonly blocks?: Blocks;
}

/**
 * Returns a function that finds the ids of a filter's types. To compare events with an id is faster than to look up the type of each
 * in a list of names.
 */
export function createTypeFinder(driver: SqliteDriver): (filter: RecordFilter | undefined) => number[] | undefined {
  const selectTypes = driver.prepare("SELECT id FROM types WHERE name IN (SELECT value FROM json_each(?))");
  return (filter) =>
    filter?.types === undefined ? undefined : selectTypes.all(stringify(filter.types)).map(([id]) => id as number);
}

/**
 * The unary plus makes SQLite scan the page's range of positions instead of collecting all events of the streams for each page
 * (https://sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_).
 */
const BY_POSITION = "+e.stream";

/** How many metadata keys are compared in SQL at most, because SQLite limits the depth of an expression. */
const MOST_KEYS = 20;

/** Translates a filter to SQL. It may select too many events, because every reader filters again. */
export function conditionsOf(
  filter: RecordFilter,
  { types, spans, blocks }: Found,
): { conditions: string[]; values: SqliteValue[] } {
  const conditions: string[] = [];
  const values: SqliteValue[] = [];
  const { ids, streams, streamPrefix, metadata } = filter;
  if (ids !== undefined) {
    conditions.push(` AND e.id IN (SELECT ${TEXT_ID} FROM json_each(?))`);
    values.push(stringify(ids.map(idText)));
  }
  if (types?.length === 1) {
    conditions.push(" AND e.type = ?");
    values.push(types[0] as number);
  } else if (types !== undefined) {
    conditions.push(" AND e.type IN (SELECT value FROM json_each(?))");
    values.push(stringify(types));
  }
  if (spans !== undefined) {
    conditions.push(IN_SPANS);
    values.push(spans);
  } else if (streams !== undefined) {
    conditions.push(` AND ${BY_POSITION} IN (SELECT id FROM streams WHERE name IN (SELECT value FROM json_each(?)))`);
    values.push(stringify(streams));
  }
  if (spans === undefined && streamPrefix !== undefined) {
    conditions.push(
      ` AND ${BY_POSITION} IN (SELECT id FROM streams WHERE name >= ? AND substr(name, 1, length(?)) = ?)`,
    );
    values.push(streamPrefix, streamPrefix, streamPrefix);
  }
  for (const [key, value] of Object.entries(metadata ?? {}).slice(0, MOST_KEYS)) {
    // Metadata is stored as JSON.stringify writes it, so a matching entry appears in it literally.
    conditions.push(" AND instr(e.metadata, ?) > 0");
    values.push(`${stringify(key)}:${stringify(value)}`);
  }
  if (blocks === undefined) return { conditions, values };
  return { conditions: [inBlocks(conditions.join(""))], values: [stringify(blocks.numbers), ...values] };
}
