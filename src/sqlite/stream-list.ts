import type { StreamsPage, StreamsQuery } from "../storage/protocol.ts";
import type { SqliteDriver } from "./driver.ts";
import { endOfPrefix } from "./stream-spans.ts";

/** With more streams of a prefix, a page scans the streams in the order in which they were created. */
const MOST_NAMED = 2_000;

const COLUMNS = "SELECT id, name, (SELECT max(version) FROM events WHERE stream = streams.id) FROM streams";

/** Lists streams in the order in which they were created. Few streams of a prefix are found by their names, among however many. */
export function createStreamList(driver: SqliteDriver): (query: StreamsQuery) => StreamsPage {
  const select = driver.prepare(`${COLUMNS} WHERE id > ? AND substr(name, 1, length(?)) = ? ORDER BY id LIMIT ? + 0`);
  const count = driver.prepare("SELECT count(*) FROM (SELECT 1 FROM streams WHERE name >= ? AND name < ? LIMIT ? + 0)");
  // The unary plus makes SQLite sort what it finds by name instead of scanning all streams.
  const selectNamed = driver.prepare(`${COLUMNS} WHERE name >= ? AND name < ? AND +id > ? ORDER BY +id LIMIT ? + 0`);

  return ({ prefix = "", after, limit }) => {
    const end = endOfPrefix(prefix);
    const few = end !== undefined && (count.get(prefix, end, MOST_NAMED + 1)?.[0] as number) <= MOST_NAMED;
    const rows = few ? selectNamed.all(prefix, end, after, limit) : select.all(after, prefix, prefix, limit);
    return {
      streams: rows.map((row) => ({ name: row[1] as string, version: (row[2] as number | null) ?? 0 })),
      cursor: (rows.at(-1)?.[0] as number | undefined) ?? after,
      done: rows.length < limit,
    };
  };
}
