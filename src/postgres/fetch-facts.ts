import type { AppendRequest, EventPage, PageQuery, StoredRecord } from "../storage/protocol.ts";
import type { PostgresQuery } from "./driver.ts";
import type { Facts, WantedPage } from "./plan-group.ts";
import { RECORD_COLUMNS, toRecord } from "./rows.ts";
import { arrayOf, isUuid, toNumber } from "./values.ts";

/** Facts that were read from the database. */
export interface FetchedFacts extends Facts {
  /** Reads pages that a plan needs. */
  fetchPages(wanted: readonly WantedPage[]): Promise<void>;
}

/**
 * Reads, with one statement, the versions of all streams of the requests and the events that are stored under their ids. Both only
 * grow: a stored event stays, and the statement that appends compares the versions and finds out about ids that were stored since.
 */
export async function fetchFacts(
  query: PostgresQuery,
  s: string,
  readPage: (asked: PageQuery) => Promise<EventPage>,
  requests: readonly AppendRequest[],
): Promise<FetchedFacts> {
  const entries = requests.flatMap((request) => request.entries);
  const streams = [...new Set(entries.map(({ stream }) => stream))];
  const ids = entries.flatMap(({ events }) => events.map(({ id }) => id));
  const rows = await query(
    `SELECT NULL::bigint, name, (SELECT max(version) FROM ${s}.events v WHERE v.stream = name), NULL::text, NULL::text,
        NULL::bigint, NULL::bigint, NULL::text, NULL::text
      FROM unnest($1::text[]) AS name
      UNION ALL (SELECT NULL, NULL, timestamp, NULL, NULL, NULL, NULL, NULL, NULL FROM ${s}.events ORDER BY position DESC LIMIT 1)
      UNION ALL SELECT ${RECORD_COLUMNS} FROM ${s}.events e WHERE e.uuid = ANY ($2::uuid[])
      UNION ALL SELECT ${RECORD_COLUMNS} FROM ${s}.events e WHERE e.id = ANY ($3::text[])`,
    [arrayOf(streams), arrayOf(ids.filter(isUuid)), arrayOf(ids.filter((id) => !isUuid(id)))],
  );
  const versions = new Map<string, number>();
  const stored = new Map<string, StoredRecord>();
  const pages = new Map<string, EventPage>();
  let newest = 0;
  for (const row of rows) {
    if (row[1] === null) newest = toNumber(row[2]);
    else if (row[0] === null) versions.set(row[1] as string, toNumber(row[2]));
    else stored.set(row[3] as string, toRecord(row));
  }
  const versionOf = (stream: string): number => versions.get(stream) ?? 0;
  const keyOf = (stream: string, after: number): string => `${after} ${stream}`;

  return {
    newest,
    versionOf,
    findById: (id) => stored.get(id),
    pageAfter: (stream, after) => pages.get(keyOf(stream, after)),
    async fetchPages(wanted) {
      const byKey = new Map(wanted.map((one) => [keyOf(one.stream, one.after), one]));
      const read = async ([key, { stream, after, limit }]: [string, WantedPage]): Promise<void> => {
        pages.set(key, await readPage({ stream, after, upTo: versionOf(stream), direction: "forward", limit }));
      };
      await Promise.all(Array.from(byKey, read));
    },
  };
}
