import type { OutboxEntry } from "../storage/protocol.ts";
import type { SqliteRow, SqliteValue } from "./driver.ts";

/** The columns of an entry of the outbox. */
export const ENTRY = "number, id, streams, ids, body, timestamp, rejected";

/** Turns a row with these columns into an entry. */
export function toEntry(row: SqliteRow): OutboxEntry {
  const [number, id, streams, ids, body, timestamp, rejected] = row as [
    number,
    string,
    string,
    string,
    string,
    number,
    string | null,
  ];
  return {
    number,
    id,
    streams: JSON.parse(streams) as string[],
    ids: toIds(ids),
    body,
    timestamp,
    rejected,
  };
}

/** Turns the column with the ids of an entry's events into a list. */
export function toIds(text: SqliteValue | undefined): string[] {
  return JSON.parse(text as string) as string[];
}
