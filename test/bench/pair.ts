import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type Database from "better-sqlite3";
import { PAYLOADS } from "./payload.ts";
import { openRaw } from "./raw.ts";
import { createRawWriter } from "./raw-writes.ts";

/** A store and a database by hand, side by side, with the same schema and pragmas. */
export interface Pair {
  readonly store: EventStore;
  readonly raw: Database.Database;
  /** Writes this many events by hand, in one transaction. */
  readonly write: (size: number) => void;
  close(): Promise<void>;
}

export async function openPair(path: string, durability: "full" | "normal"): Promise<Pair> {
  const store = await openEventStore(betterSqlite3({ path: `${path}-rivulet.db`, durability }));
  const raw = openRaw(`${path}-raw.db`, durability === "full" ? "FULL" : "NORMAL");
  const write = createRawWriter(raw);
  return {
    store,
    raw,
    write,
    async close() {
      await store.close();
      raw.close();
    },
  };
}

/**
 * Fills both logs beyond their first checkpoint: flushing a file that still grows costs more than one that does not, and the
 * two should be in the same state.
 */
export async function warmUp({ store, write }: Pair, batches = 80): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    await appendBatch(store);
    write(1000);
  }
}

export async function appendBatch(store: EventStore): Promise<void> {
  await store.stream("one").append(PAYLOADS.map((data) => ({ type: "happened", data })));
}

export function times(count: number, work: (index: number) => void): number {
  for (let index = 0; index < count; index++) work(index);
  return count;
}
