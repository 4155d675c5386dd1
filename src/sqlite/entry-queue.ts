import { stringify } from "../events/json.ts";
import type { OutboxEntry } from "../storage/protocol.ts";
import type { Enqueue, EnqueueOutcome, FollowedItem, GenerationStep } from "../storage/sync-protocol.ts";
import { covers, queueInOrder } from "../storage/sync-rules.ts";
import type { SqliteDriver } from "./driver.ts";

/** What the outbox counts. */
interface Counts {
  /** The number of the newest entry that there has ever been. */
  readonly last: number;
  readonly generation: number;
  /** How many entries there are. */
  readonly entries: number;
}

/** Puts entries into the outbox. */
export interface EntryQueue {
  /**
   * Queues entries inside a transaction; `head` is the position of the newest event. Returns their outcomes, and the generation after
   * them.
   */
  queue(requests: readonly Enqueue[], head: number): { outcomes: readonly EnqueueOutcome[]; generation: number };
  /** Notes that entries have changed, of which so many were removed. If the transaction is rolled back, `forget` has to follow. */
  changed(step: GenerationStep, removed: number): void;
  /** Reads the counts again: something else has changed them, or a transaction may have been rolled back. */
  forget(): void;
}

/** What queueing an entry looks at. */
interface EntryQueueParts {
  /** Reads a count in `meta`. */
  readonly count: (key: string) => number;
  readonly isStored: (id: string) => boolean;
  readonly items: () => readonly FollowedItem[];
  readonly findEntry: (id: string) => OutboxEntry | undefined;
  readonly deleteEntry: (id: string) => void;
  readonly onQueued: (entry: Enqueue["entry"]) => void;
}

export function createEntryQueue(
  driver: SqliteDriver,
  { count, isStored, items, findEntry, deleteEntry, onQueued }: EntryQueueParts,
): EntryQueue {
  const selectQueued = driver.prepare("SELECT 1 FROM outbox WHERE id = ?");
  const countEntries = driver.prepare("SELECT count(*) FROM outbox");
  const insertEntry = driver.prepare(
    "INSERT INTO outbox (number, id, streams, ids, body, timestamp) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const upsertCounts = driver.prepare(
    "INSERT OR REPLACE INTO meta (key, value) VALUES ('last_entry', ?), ('replica_generation', ?)",
  );
  /** Read once, because every entry changes them. */
  let counts: Counts | undefined;

  function readCounts(): Counts {
    const entries = countEntries.get()?.[0] as number;
    return { last: count("last_entry"), generation: count("replica_generation"), entries };
  }

  return {
    queue(requests, head) {
      const before = counts ?? readCounts();
      let now = before;
      const outcomes = queueInOrder(requests, ({ entry, generation, most, replaces }): EnqueueOutcome => {
        const { id, streams, ids, body, timestamp } = entry;
        const stored = ids.filter(isStored).length;
        if (selectQueued.get(id) !== undefined || stored === ids.length) return { outcome: "known" };
        const other = streams.find((stream) => !items().some((item) => covers(item, stream)));
        if (other !== undefined) return { outcome: "not-followed", stream: other };
        if (generation !== undefined && generation !== now.generation) return { outcome: "moved" };
        const replaced = replaces === undefined ? undefined : findEntry(replaces);
        if (replaces !== undefined && (replaced?.rejected ?? null) === null) return { outcome: "gone" };
        const entries = now.entries - (replaced === undefined ? 0 : 1);
        if (entries >= most) return { outcome: "full", entries };
        if (replaced !== undefined) deleteEntry(replaced.id);
        now = { last: now.last + 1, generation: now.generation + 1, entries: entries + 1 };
        insertEntry.run(now.last, id, stringify(streams), stringify(ids), body, timestamp);
        onQueued(entry);
        if (stored > 0) return { outcome: "queued" };
        const as = { number: now.last, generation: now.generation, head };
        return { outcome: "queued", ...(replaced === undefined ? { as } : { instead: as }) };
      });
      if (now !== before) upsertCounts.run(now.last, now.generation);
      counts = now;
      return { outcomes, generation: now.generation };
    },
    changed({ from, to }, removed) {
      const known = counts?.generation === from ? counts : undefined;
      counts = known && { ...known, generation: to, entries: known.entries - removed };
    },
    forget: () => void (counts = undefined),
  };
}
