import type { VerifyListeners } from "../storage/verify-rules.ts";
import { blockOf } from "./block-writer.ts";
import type { SqliteDriver } from "./driver.ts";
import { termsOf } from "./metadata-terms.ts";

const PAGE = 10_000;

/** Reports events that reads by their type or by indexed metadata would not find. */
export function verifyBlocks(driver: SqliteDriver, head: number, onProblem: VerifyListeners["onProblem"]): void {
  const selectUnnoted = driver.prepare(
    "SELECT position FROM events e WHERE position > ? AND position <= ? AND NOT EXISTS " +
      "(SELECT 1 FROM event_blocks WHERE term = e.type AND block = (e.position - 1) / 64)",
  );
  const selectMetadata = driver.prepare(
    "SELECT position, metadata FROM events WHERE position > ? AND position <= ? AND metadata IS NOT NULL",
  );
  const selectBlock = driver.prepare("SELECT 1 FROM event_blocks WHERE term = ? AND block = ?");
  const keys = driver.prepare("SELECT key, after FROM indexed_metadata").all() as unknown as [string, number][];
  const report = (position: number, part: string): void =>
    onProblem({ kind: "event", where: `position ${position}`, what: `reads by its ${part} do not find it` });

  for (let after = 0; after < head; after += PAGE) {
    for (const [position] of selectUnnoted.all(after, after + PAGE)) report(position as number, "type");
    if (keys.length === 0) continue;
    const rows = selectMetadata.all(after, after + PAGE) as unknown as [number, string][];
    for (const [position, metadata] of rows) {
      const due = keys.filter(([, indexed]) => position > indexed).map(([key]) => key);
      const terms = termsOf(metadata, due);
      if (terms.some((term) => selectBlock.get(term, blockOf(position)) === undefined)) report(position, "metadata");
    }
  }
}
