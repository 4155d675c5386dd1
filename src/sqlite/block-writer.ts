import type { SqliteDriver } from "./driver.ts";
import { termsOf } from "./metadata-terms.ts";

/** How many positions are one block. Part of format 6. */
export const BLOCK = 64;

/** The number of the block in which a position is. */
export function blockOf(position: number): number {
  return Math.floor((position - 1) / BLOCK);
}

/** Notes in which blocks there are events of a type, and events with a value of indexed metadata. */
export interface BlockWriter {
  /** Call it in the transaction that stores the event. */
  note(position: number, type: number, metadata: string | null): void;
  /** Call it when a transaction has failed or another process has written, because what was noted may not be stored. */
  forget(): void;
}

export function createBlockWriter(driver: SqliteDriver): BlockWriter {
  const insertBlock = driver.prepare("INSERT OR IGNORE INTO event_blocks (term, block) VALUES (?, ?)");
  const selectKeys = driver.prepare("SELECT key FROM indexed_metadata");
  const noted = new Set<number>();
  let block = -1;
  let keys: readonly string[] | undefined;

  function noteTerm(term: number): void {
    if (noted.has(term)) return;
    noted.add(term);
    insertBlock.run(term, block);
  }

  return {
    note(position, type, metadata) {
      const current = blockOf(position);
      if (current !== block) {
        block = current;
        noted.clear();
      }
      noteTerm(type);
      if (metadata === null) return;
      keys ??= selectKeys.all().map(([key]) => key as string);
      if (keys.length > 0) termsOf(metadata, keys).forEach(noteTerm);
    },
    forget() {
      noted.clear();
      keys = undefined;
    },
  };
}
