import { stringify } from "../events/json.ts";
import type { PageQuery, RecordFilter } from "../storage/protocol.ts";
import type { PostgresQuery, PostgresValue } from "./driver.ts";
import { BLOCK, SEGMENT } from "./index-schema.ts";
import { arrayOf, toNumber } from "./values.ts";

/** How many blocks one page looks through at most, which are some 20,000 positions. */
const MOST_BLOCKS = 312;

/** How many segments one page covers at most: as many entries of the index are looked through for each type. */
const MOST_SEGMENTS = 5_000;

/** With more types, a page scans positions. */
const MOST_TYPES = 100;

/** What a page reads, of the positions after `low` up to `high`. */
export interface IndexedPart {
  readonly low: number;
  /** Absent: a page that goes backward scans down to `low`, from where on events are indexed. */
  readonly high?: number;
  /** The ranges that have all of its events, in ascending order, each after its first position up to its second. */
  readonly ranges?: readonly (readonly [after: number, upTo: number])[];
}

type Lists = readonly (readonly string[])[];

/**
 * Returns a function that finds where the events of a page are, by the types of its filter and its indexed metadata; undefined where a
 * scan of positions is better, or nothing in the filter is indexed. Only rows are added to the index, and the events of an indexed
 * segment stay as they are, so the page can be read by another statement. `s`: the schema's quoted name.
 */
export function createPartFinder(
  query: PostgresQuery,
  s: string,
): (asked: PageQuery) => Promise<IndexedPart | undefined> {
  const indexed = new Set<string>();
  /** The last filter for which a scan was better, and the positions for which that is known: pages there ask no other statement. */
  let scanned = { filter: "", low: 0, high: 0 };

  /** Lists of terms, of each of which an event of the filter has one, and whether events that have them match. */
  async function listsOf({ types, streams, streamPrefix, metadata }: RecordFilter): Promise<[Lists, alone: boolean]> {
    const entries = Object.entries(metadata ?? {}).map(([key, value]) => [stringify(key), stringify(value)] as const);
    const unknown = entries.map(([key]) => key).filter((key) => !indexed.has(key));
    if (unknown.length > 0) {
      const sql = `SELECT key FROM ${s}.indexed_metadata WHERE missing = 0 AND key = ANY ($1::text[])`;
      for (const [key] of await query(sql, [arrayOf(unknown)])) indexed.add(key as string);
    }
    const lists = entries.filter(([key]) => indexed.has(key)).map(([key, value]) => [`${key}:${value}`]);
    const whole = lists.length === entries.length;
    if (types !== undefined) lists.push(types.map((type) => `t${type}`));
    return [lists, whole && lists.length === 1 && streams === undefined && streamPrefix === undefined];
  }

  return async function findPart({ stream, filter, after, direction, limit, ...asked }) {
    const upTo = Math.min(asked.upTo, asked.head ?? Number.MAX_SAFE_INTEGER);
    const { types, metadata, ids } = filter ?? {};
    if (stream !== undefined || filter === undefined || ids !== undefined) return undefined;
    if ((types ?? metadata) === undefined || upTo - after <= SEGMENT) return undefined;
    const forward = direction === "forward";
    const first = forward ? after : upTo - 1;
    const named = stringify([types ?? null, metadata ?? null]);
    if (named === scanned.filter && first >= scanned.low && first < scanned.high) return undefined;
    const scan = (low: number, high: number): undefined => void (scanned = { filter: named, low, high });
    // Nobody tells when a key is indexed, or more events are, so it is asked again before long.
    const around = [first - MOST_BLOCKS * BLOCK, first + MOST_BLOCKS * BLOCK] as const;
    const [lists, alone] = await listsOf(filter);
    if (lists.length === 0) return scan(...around);
    if ((types?.length ?? 0) > MOST_TYPES) return undefined;
    // If nothing else is asked, every block has an event of the filter, but those at the ends may have it outside of the part.
    const most = alone ? Math.min(limit + 2, MOST_BLOCKS) : MOST_BLOCKS;
    const values: PostgresValue[] = [Math.floor(after / SEGMENT), Math.ceil(upTo / SEGMENT) - 1, most];
    const rows = await query(selectSegments(s, lists.length, forward), [
      ...values,
      ...lists.map((one) => arrayOf(one)),
    ]);
    const [newest, low, high] = (rows[0] ?? []).map(toNumber) as [number, number, number];
    const end = (newest + 1) * SEGMENT;
    if (after >= end) return scan(Math.max(end, around[0]), around[1]);
    if (!forward && upTo > end) return { low: end };
    const segments = rows.filter(([, , , segment]) => segment !== null);
    const last = segments.length < most ? undefined : toNumber(segments.at(forward ? -1 : 0)?.[3]);
    const part = {
      low: forward ? after : Math.max(after, (last ?? low) * SEGMENT),
      high: forward ? Math.min(upTo, ((last ?? high) + 1) * SEGMENT) : upTo,
    };
    const blocks = segments
      .flatMap(([, , , segment, bits]) => blocksOf(toNumber(segment), bits as string))
      .filter((block) => block * BLOCK < part.high && (block + 1) * BLOCK > part.low);
    if (blocks.length > most) {
      blocks.splice(forward ? most : 0, blocks.length - most);
      if (forward) part.high = Math.min(part.high, ((blocks.at(-1) as number) + 1) * BLOCK);
      else part.low = Math.max(part.low, (blocks[0] as number) * BLOCK);
    }
    if (blocks.length * 2 * BLOCK > part.high - part.low) return scan(part.low, part.high);
    return { ...part, ranges: rangesOf(blocks, part) };
  };
}

/**
 * Selects the newest indexed segment, the first and the last that the page may cover, and of the segments between them those which have
 * a term of each list, with their blocks: the first ones in the direction of the page.
 */
function selectSegments(s: string, lists: number, forward: boolean): string {
  const order = `ORDER BY segment ${forward ? "ASC" : "DESC"} LIMIT $3::bigint`;
  const terms = (number: number): string =>
    `(SELECT ${s}.term_of(text) FROM unnest($${number}::text[]) AS given (text))`;
  let blocks = "o.blocks";
  for (let list = 1; list < lists; list++) {
    blocks += ` & (SELECT bit_or(x.blocks) FROM ${s}.event_blocks x WHERE x.segment = o.segment AND x.term = ANY (ARRAY${terms(4 + list)}))`;
  }
  return `
    WITH newest AS MATERIALIZED (SELECT coalesce(max(segment), -1) AS newest FROM ${s}.event_blocks WHERE term = 0),
    part AS MATERIALIZED (SELECT newest, ${
      forward
        ? `$1::bigint AS low, least($2::bigint, newest, $1::bigint + ${MOST_SEGMENTS}) AS high`
        : `greatest($1::bigint, least($2::bigint, newest) - ${MOST_SEGMENTS}) AS low, least($2::bigint, newest) AS high`
    } FROM newest),
    found AS (
      SELECT segment, bit_or(blocks) AS blocks FROM (SELECT DISTINCT * FROM ${terms(4)} AS own (term)) AS own CROSS JOIN LATERAL (
        SELECT segment, blocks FROM (
          SELECT o.segment, ${blocks} AS blocks FROM ${s}.event_blocks o
          WHERE o.term = own.term AND o.segment >= (SELECT low FROM part) AND o.segment <= (SELECT high FROM part)
        ) AS one WHERE blocks <> 0 ${order}
      ) AS of_term GROUP BY segment ${order}
    )
    SELECT newest, low, high, segment, blocks FROM part LEFT JOIN found ON true ORDER BY segment`;
}

/** The numbers of a segment's blocks whose bit is set, in ascending order. */
function blocksOf(segment: number, bits: string): number[] {
  const numbers: number[] = [];
  let left = BigInt.asUintN(64, BigInt(bits));
  for (let block = segment * (SEGMENT / BLOCK); left !== 0n; block++, left >>= 1n) if (left & 1n) numbers.push(block);
  return numbers;
}

/** Blocks that follow each other are one range. */
function rangesOf(
  blocks: readonly number[],
  { low, high }: { readonly low: number; readonly high: number },
): (readonly [after: number, upTo: number])[] {
  const ranges: [after: number, upTo: number][] = [];
  for (const block of blocks) {
    const [after, upTo] = [Math.max(low, block * BLOCK), Math.min(high, (block + 1) * BLOCK)];
    const before = ranges.at(-1);
    if (before !== undefined && before[1] === after) before[1] = upTo;
    else ranges.push([after, upTo]);
  }
  return ranges;
}
