import { stringify } from "../events/json.ts";
import type { EventPage, FollowedRecord, PageQuery, StoredRecord } from "../storage/protocol.ts";
import { isOrdered } from "../storage/sync-rules.ts";
import type { PostgresQuery } from "./driver.ts";
import type { Facts, WantedPage } from "./plan-group.ts";
import { RECORD_COLUMNS, toRecord } from "./rows.ts";
import { arrayOf, isUuid, toNumber } from "./values.ts";

/** What facts are wanted of. */
export interface WantedFacts {
  readonly streams: readonly string[];
  readonly ids: readonly string[];
  /** Keys under which results may be kept. */
  readonly keys: readonly string[];
}

/** Facts that were read from the database, as of one moment. */
export interface FetchedFacts extends Facts {
  /** The lineage of the hub that the store follows; null if there is none. */
  readonly hub: string | null;
  readonly items: readonly FollowedRecord[];
  readonly unfollowed: readonly FollowedRecord[];
  /** Reads pages that a plan needs. */
  fetchPages(wanted: readonly WantedPage[]): Promise<void>;
}

/**
 * Reads, with one statement, the versions of streams, the events that are stored under ids, what is followed, and which results are
 * kept. The first two only grow: a stored event stays. The statement that writes compares all of them again.
 */
export async function fetchFacts(
  query: PostgresQuery,
  s: string,
  readPage: (asked: PageQuery) => Promise<EventPage>,
  { streams, ids, keys }: WantedFacts,
): Promise<FetchedFacts> {
  const rows = await query(
    `SELECT NULL::bigint, name, (SELECT max(version) FROM ${s}.events v WHERE v.stream = name), NULL::text, NULL::text,
        NULL::bigint, NULL::bigint, NULL::text, NULL::text
      FROM unnest($1::text[]) AS name
      UNION ALL (SELECT NULL, NULL, timestamp, NULL, NULL, NULL, NULL, NULL, NULL FROM ${s}.events ORDER BY position DESC LIMIT 1)
      UNION ALL SELECT NULL, name, position, kind, mark, active::int, NULL, NULL, NULL FROM ${s}.followed
      UNION ALL SELECT NULL, value, NULL, 'hub', NULL, NULL, NULL, NULL, NULL FROM ${s}.meta WHERE key = 'hub'
      UNION ALL SELECT NULL, key, NULL, 'result', NULL, NULL, NULL, NULL, NULL FROM ${s}.results WHERE key = ANY ($4::text[])
      UNION ALL SELECT ${RECORD_COLUMNS} FROM ${s}.events e WHERE e.uuid = ANY ($2::uuid[])
      UNION ALL SELECT ${RECORD_COLUMNS} FROM ${s}.events e WHERE e.id = ANY ($3::text[])`,
    [
      arrayOf([...new Set(streams)]),
      arrayOf(ids.filter(isUuid)),
      arrayOf(ids.filter((id) => !isUuid(id))),
      arrayOf(keys.map(stringify)),
    ],
  );
  const versions = new Map<string, number>();
  const stored = new Map<string, StoredRecord>();
  const pages = new Map<string, EventPage>();
  const items: FollowedRecord[] = [];
  const unfollowed: FollowedRecord[] = [];
  const kept = new Set<string>();
  let newest = 0;
  let hub: string | null = null;
  for (const row of rows) {
    const [position, name, number, kind] = row;
    if (position !== null) stored.set(kind as string, toRecord(row));
    else if (name == null) newest = toNumber(number);
    else if (kind === "stream" || kind === "prefix")
      (row[5] === "1" ? items : unfollowed).push({ kind, name, position: toNumber(number), mark: row[4] ?? null });
    else if (kind === "hub") hub = name;
    else if (kind === "result") kept.add(name);
    else versions.set(name, toNumber(number));
  }
  const versionOf = (stream: string): number => versions.get(stream) ?? 0;
  const keyOf = (stream: string, after: number): string => `${after} ${stream}`;

  return {
    newest,
    hub,
    items,
    unfollowed,
    isFollowed: (stream) => isOrdered({ items, unfollowed }, stream),
    hasResult: (key) => kept.has(stringify(key)),
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
