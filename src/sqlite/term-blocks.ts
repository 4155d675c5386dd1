import { stringify } from "../events/json.ts";
import type { RecordFilter } from "../storage/protocol.ts";
import { BLOCK, blockOf } from "./block-writer.ts";
import type { SqliteDriver, SqliteStatement } from "./driver.ts";
import { termOf } from "./metadata-terms.ts";
import type { Part } from "./stream-spans.ts";

/** How many blocks one page looks through at most, which are as many positions as a scan looks through. */
const MOST_BLOCKS = 312;

/** How far apart the blocks of one page may be: as many entries of the index are looked through at most. */
const MOST_DISTANCE = 20_000;

/** With more types, a page scans positions. */
const MOST_TYPES = 100;

/** Where a page finds all of its events. */
export interface Blocks {
  /** The numbers of the blocks, in ascending order. */
  readonly numbers: readonly number[];
  /** The page ends here, because it has no room for more blocks: the last position forwards, the exclusive lower bound backwards. */
  readonly end?: number;
}

/** The events of these blocks, given as JSON, that also meet the conditions. */
export function inBlocks(conditions: string): string {
  return (
    " AND e.position IN (SELECT e.position FROM json_each(?) j CROSS JOIN events e " +
    `ON e.position > j.value * ${BLOCK} AND e.position <= j.value * ${BLOCK} + ${BLOCK} WHERE 1${conditions})`
  );
}

/**
 * Returns a function that finds the blocks of a page by the types of its filter and its indexed metadata, or undefined where a scan of
 * positions is better: where most blocks have such an event, or nothing in the filter is indexed.
 */
export function createBlockFinder(
  driver: SqliteDriver,
): (filter: RecordFilter, types: readonly number[] | undefined, part: Part) => Blocks | undefined {
  const selectKeys = driver.prepare("SELECT key FROM indexed_metadata WHERE after = 0");
  const statements = new Map<string, SqliteStatement>();
  /** The last types of which most blocks had an event, and the positions where that is known: pages there are scanned, too. */
  let frequent = { types: "", after: 0, upTo: 0 };

  /** Selects the blocks of a term that also have one of each list of terms. */
  function prepare(direction: Part["direction"], others: number): SqliteStatement {
    const shape = `${direction} ${others}`;
    let statement = statements.get(shape);
    if (statement === undefined) {
      const one = "SELECT value FROM json_each(?)";
      const another = ` AND EXISTS (SELECT 1 FROM event_blocks o WHERE o.term IN (${one}) AND o.block = b.block)`;
      statement = driver.prepare(
        "SELECT json_group_array(block) FROM (SELECT block FROM event_blocks b WHERE term = ? AND block >= ? AND block <= ?" +
          `${another.repeat(others)} ORDER BY block ${direction === "forward" ? "ASC" : "DESC"} LIMIT ? + 0)`,
      );
      statements.set(shape, statement);
    }
    return statement;
  }

  /** Lists of terms, of each of which an event of the filter has one. */
  function listsOf(
    { metadata }: RecordFilter,
    types: readonly number[] | undefined,
  ): { lists: (readonly number[])[]; exact: boolean } {
    const keys = metadata === undefined ? [] : selectKeys.all().map(([key]) => key as string);
    const indexed = keys.filter((key) => Object.hasOwn(metadata ?? {}, key));
    const lists: (readonly number[])[] = indexed.map((key) => [termOf(key, metadata?.[key])]);
    if (types !== undefined) lists.push(types);
    return { lists, exact: lists.length === 1 && Object.keys(metadata ?? {}).length === indexed.length };
  }

  return (filter, types, { after, upTo, limit, direction }) => {
    if ((types === undefined && filter.metadata === undefined) || upTo <= after) return undefined;
    const ids = types?.join();
    const onlyTypes = filter.metadata === undefined && ids !== undefined;
    if (onlyTypes && ids === frequent.types && after >= frequent.after && after < frequent.upTo) return undefined;
    const { lists, exact } = listsOf(filter, types);
    const [terms, ...others] = lists;
    if (terms === undefined || terms.length > MOST_TYPES) return undefined;
    const forward = direction === "forward";
    let first = blockOf(after + 1);
    let last = blockOf(upTo);
    let whole = last - first < MOST_DISTANCE;
    if (!whole && forward) last = first + MOST_DISTANCE;
    if (!whole && !forward) first = last - MOST_DISTANCE;
    // If nothing else is asked, every block has an event of the filter, but those at the ends may have it outside of the part.
    const alone = exact && filter.streams === undefined && filter.streamPrefix === undefined;
    const most = alone ? Math.min(limit + 2, MOST_BLOCKS) : MOST_BLOCKS;
    const statement = prepare(direction, others.length);
    const found = new Set<number>();
    for (const term of terms) {
      const row = statement.get(term, first, last, ...others.map((list) => stringify(list)), most);
      const numbers = JSON.parse(row?.[0] as string) as number[];
      if (isDense(numbers, numbers.length < most ? last - first + 1 : undefined)) {
        if (onlyTypes && forward) frequent = { types: ids, after, upTo: ((numbers.at(-1) as number) + 1) * BLOCK };
        return undefined;
      }
      for (const number of numbers) found.add(number);
    }
    const numbers = [...found].sort((one, other) => one - other);
    // Beyond so many, a term with many blocks may have more of them.
    if (numbers.length > most) numbers.splice(forward ? most : 0, numbers.length - most);
    if (numbers.length === most) {
      whole = false;
      if (forward) last = numbers.at(-1) as number;
      else first = numbers[0] as number;
    }
    if (isDense(numbers, last - first + 1)) return undefined;
    if (whole) return { numbers };
    return { numbers, end: forward ? Math.min(upTo, (last + 1) * BLOCK) : Math.max(after, first * BLOCK) };
  };
}

/** Whether blocks are at least half of those they lie among: as many as given, or those from the first to the last. */
function isDense(numbers: readonly number[], among?: number): boolean {
  const distance = among ?? Math.abs((numbers.at(-1) as number) - (numbers[0] as number)) + 1;
  return numbers.length * 2 > distance;
}
