import type { EventStore, ReadModel, SqlStatement, StoredEvent } from "rivulet";
import { sql } from "rivulet/read-models";
import { EVENT_TYPES, PREFIX } from "./events.ts";
import { steps } from "./overview.ts";
import type { LogFilter, LogQuery } from "./service.ts";

const ALL = Number.MAX_SAFE_INTEGER;

/**
 * Reads a page of the log. Positions have no gaps, so without a filter the page's offset gives the position. With a
 * filter, the read model finds the first position, and the store's filter selects the events.
 */
export async function readLog(store: EventStore, model: ReadModel, query: LogQuery): Promise<readonly StoredEvent[]> {
  const { stream, type, upTo = ALL, skip, limit } = query;
  if (stream === undefined && type === undefined) return store.read({ after: skip, upTo, limit }).toArray();
  const [first] = await model.query<{ position: number }>(positionsOf(query, skip));
  if (first === undefined) return [];
  // Of the events that a filter selects, the read model has those of counters.
  const types: readonly string[] = type === undefined ? EVENT_TYPES : [type];
  const filter = {
    types,
    ...(stream === undefined ? { streamPrefix: PREFIX } : { streams: [stream] }),
  };
  return store.read({ ...filter, after: first.position - 1, upTo, limit }).toArray();
}

/** Counts the events that match a filter. */
export async function countLog(store: EventStore, model: ReadModel, filter: LogFilter): Promise<number> {
  const { stream, type, upTo = ALL } = filter;
  if (stream === undefined && type === undefined) return Math.min(upTo, await store.head());
  const [row] = await model.query<{ count: number }>(
    stream === undefined
      ? sql`SELECT count(*) AS count FROM ${steps} WHERE type = ${type ?? ""} AND position <= ${upTo}`
      : type === undefined
        ? sql`SELECT count(*) AS count FROM ${steps} WHERE stream = ${stream} AND position <= ${upTo}`
        : sql`SELECT count(*) AS count FROM ${steps} WHERE stream = ${stream} AND type = ${type} AND position <= ${upTo}`,
  );
  return row?.count ?? 0;
}

function positionsOf({ stream, type, upTo = ALL }: LogFilter, skip: number): SqlStatement {
  if (stream === undefined) {
    return sql`SELECT position FROM ${steps} WHERE type = ${type ?? ""} AND position <= ${upTo}
               ORDER BY position LIMIT 1 OFFSET ${skip}`;
  }
  if (type === undefined) {
    return sql`SELECT position FROM ${steps} WHERE stream = ${stream} AND position <= ${upTo}
               ORDER BY position LIMIT 1 OFFSET ${skip}`;
  }
  return sql`SELECT position FROM ${steps} WHERE stream = ${stream} AND type = ${type} AND position <= ${upTo}
             ORDER BY position LIMIT 1 OFFSET ${skip}`;
}
