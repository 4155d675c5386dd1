import { blockOf } from "./block-writer.ts";
import type { SqliteDriver } from "./driver.ts";
import { termsOf } from "./metadata-terms.ts";

/** How many positions one transaction looks through while a key is being indexed. */
const STEP = 20_000;

/**
 * Indexes keys of metadata, first of the newest events. What it has done is kept if it does not come to its end, and is not done again.
 * From its beginning on, new events are indexed by whoever stores them.
 */
export function indexMetadata(driver: SqliteDriver, keys: readonly string[]): void {
  if (keys.length === 0) return;
  const insertKey = driver.prepare(
    "INSERT OR IGNORE INTO indexed_metadata (key, after) SELECT ?, ifnull(max(position), 0) FROM events",
  );
  const selectAfter = driver.prepare("SELECT after FROM indexed_metadata WHERE key = ?");
  const updateAfter = driver.prepare("UPDATE indexed_metadata SET after = ? WHERE key = ?");
  const selectMetadata = driver.prepare(
    "SELECT position, metadata FROM events WHERE position > ? AND position <= ? AND metadata IS NOT NULL",
  );
  const selectFirst = driver.prepare(
    "SELECT min(position) FROM (SELECT position FROM events WHERE position <= ? ORDER BY position DESC LIMIT ? + 0)",
  );
  const insertBlock = driver.prepare("INSERT OR IGNORE INTO event_blocks (term, block) VALUES (?, ?)");

  for (const key of keys) {
    if (selectAfter.get(key)?.[0] === 0) continue;
    driver.transaction("write", () => insertKey.run(key));
    for (let left = true; left;) {
      left = driver.transaction("write", () => {
        const upTo = selectAfter.get(key)?.[0] as number;
        // By the positions that there are: in a damaged file they may be far apart.
        const lowest = selectFirst.get(upTo, STEP)?.[0] as number | null;
        const after = Math.max(0, (lowest ?? 1) - 1);
        const rows = selectMetadata.all(after, upTo) as unknown as readonly (readonly [number, string])[];
        const entries = rows.flatMap(([position, metadata]) =>
          termsOf(metadata, [key]).map((term) => [term, blockOf(position)] as const),
        );
        // In the order of the index, so that each of its pages is written once.
        entries.sort(([one, first], [other, second]) => one - other || first - second);
        for (const [term, block] of entries) insertBlock.run(term, block);
        updateAfter.run(after, key);
        return after > 0;
      });
    }
  }
}
