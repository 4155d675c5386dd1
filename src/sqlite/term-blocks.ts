import { stringify } from "../events/json.ts";
import type { RecordFilter } from "../storage/protocol.ts";
import type { SqliteDriver } from "./driver.ts";
import type { Part } from "./stream-spans.ts";

/** How many positions are one block. Part of format 6. */
const BLOCK = 64;

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
 * Returns a function that finds the blocks of a page by the types of its filter, or undefined where a scan of positions is better: where
 * most blocks have such an event.
 */
export function createBlockFinder(driver: SqliteDriver): (filter: RecordFilter, part: Part) => Blocks | undefined {
  const selectTypes = driver.prepare("SELECT id FROM types WHERE name IN (SELECT value FROM json_each(?))");
  const select = (order: string) =>
    driver.prepare(
      "SELECT json_group_array(block) FROM (SELECT block FROM event_blocks WHERE term = ? AND block >= ? AND block <= ? " +
        `ORDER BY block ${order} LIMIT ? + 0)`,
    );
  const inDirection = { forward: select("ASC"), backward: select("DESC") };

  return ({ types, ...others }, { after, upTo, limit, direction }) => {
    if (types === undefined || upTo <= after) return undefined;
    const terms = selectTypes.all(stringify(types)).map(([id]) => id as number);
    if (terms.length > MOST_TYPES) return undefined;
    const forward = direction === "forward";
    let first = blockOf(after + 1);
    let last = blockOf(upTo);
    let whole = last - first < MOST_DISTANCE;
    if (!whole && forward) last = first + MOST_DISTANCE;
    if (!whole && !forward) first = last - MOST_DISTANCE;
    // Every block has an event of the type, except that those at the ends may have it outside of the part.
    const most = Object.keys(others).length > 0 ? MOST_BLOCKS : Math.min(limit + 2, MOST_BLOCKS);
    const found = new Set<number>();
    for (const term of terms) {
      const numbers = JSON.parse(inDirection[direction].get(term, first, last, most)?.[0] as string) as number[];
      if (isDense(numbers, numbers.length < most ? last - first + 1 : undefined)) return undefined;
      for (const number of numbers) found.add(number);
    }
    const numbers = [...found].sort((one, other) => one - other);
    if (numbers.length > most) {
      // Beyond these, a type with many blocks may have more of them.
      numbers.splice(forward ? most : 0, numbers.length - most);
    }
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

/** Notes in which blocks there are events of a type. */
export interface BlockWriter {
  /** Call it in the transaction that stores the event. */
  note(position: number, type: number): void;
  /** Call it when a transaction has failed or another process has written, because what was noted may not be stored. */
  forget(): void;
}

export function createBlockWriter(driver: SqliteDriver): BlockWriter {
  const insertBlock = driver.prepare("INSERT OR IGNORE INTO event_blocks (term, block) VALUES (?, ?)");
  const noted = new Set<number>();
  let block = -1;
  return {
    note(position, type) {
      const current = blockOf(position);
      if (current !== block) {
        block = current;
        noted.clear();
      }
      if (noted.has(type)) return;
      noted.add(type);
      insertBlock.run(type, block);
    },
    forget: () => noted.clear(),
  };
}

function blockOf(position: number): number {
  return Math.floor((position - 1) / BLOCK);
}
