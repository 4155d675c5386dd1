import type { VerifyListeners } from "../storage/verify-rules.ts";
import { blockOf } from "./block-writer.ts";
import type { SqliteDriver } from "./driver.ts";
import { termsOf } from "./metadata-terms.ts";

const PAGE = 10_000;

/** Reports events that reads by their type or by indexed metadata would not find. */
export function verifyBlocks(driver: SqliteDriver, onProblem: VerifyListeners["onProblem"]): void {
  const selectUnnoted = driver.prepare(
    "SELECT position FROM events e WHERE position > ? AND position <= ? AND NOT EXISTS " +
      "(SELECT 1 FROM event_blocks WHERE term = e.type AND block = (e.position - 1) / 64)",
  );
  const selectMetadata = driver.prepare(
    "SELECT position, metadata FROM events WHERE position > ? AND position <= ? AND metadata IS NOT NULL",
  );
  const selectBlock = driver.prepare("SELECT 1 FROM event_blocks WHERE term = ? AND block = ?");
  const keys = driver.prepare("SELECT key, after FROM indexed_metadata").all() as unknown as [string, number][];
  const selectEnd = driver.prepare(
    "SELECT max(position) FROM (SELECT position FROM events WHERE position > ? ORDER BY position LIMIT ? + 0)",
  );
  const endOfPage = (position: number): number | null => selectEnd.get(position, PAGE)?.[0] as number | null;
  const report = (position: number, part: string): void =>
    onProblem({ kind: "event", where: `position ${position}`, what: `reads by its ${part} do not find it` });

  let after = 0;
  // By the positions that there are: in a damaged file they may be far apart.
  for (let upTo = endOfPage(after); upTo !== null; after = upTo, upTo = endOfPage(after)) {
    for (const [position] of selectUnnoted.all(after, upTo)) report(position as number, "type");
    if (keys.length === 0) continue;
    const rows = selectMetadata.all(after, upTo) as unknown as [number, string][];
    for (const [position, metadata] of rows) {
      const due = keys.filter(([, indexed]) => position > indexed).map(([key]) => key);
      const terms = termsOf(metadata, due);
      if (terms.some((term) => selectBlock.get(term, blockOf(position)) === undefined)) report(position, "metadata");
    }
  }
}
