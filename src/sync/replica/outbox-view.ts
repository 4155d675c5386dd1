import type { FollowedItem, OutboxEntry } from "../../storage/protocol.ts";
import { covers } from "../../storage/sync-rules.ts";

/** The outbox as it was read, and what this client has queued since: entries are only added. */
export interface Reading {
  readonly entries: readonly OutboxEntry[];
  readonly byId: ReadonlyMap<string, OutboxEntry>;
  /** The entries of each stream that are not rejected. */
  readonly byStream: ReadonlyMap<string, readonly OutboxEntry[]>;
  /** The number of the newest entry that was read. Of later ones, which this client has queued, no event was stored. */
  readonly read: number;
  /** The versions of streams without what is pending. All of it would be read again if one of them changed. */
  readonly versions: Map<string, number>;
}

/** The outbox, and what is followed, as they were at a generation. */
export interface OutboxView {
  readonly generation: number;
  readonly items: readonly FollowedItem[];
  /** Tells whether one of these items covers a stream. */
  follows(stream: string): boolean;
  readonly count: number;
  readonly entries: readonly OutboxEntry[];
  /** A later view of the same reading only has further entries. */
  readonly reading: Reading;
}

/** Entries that can be added to. */
interface OpenReading extends Reading {
  readonly entries: OutboxEntry[];
  readonly byId: Map<string, OutboxEntry>;
  readonly byStream: Map<string, OutboxEntry[]>;
}

/** Makes the view of an outbox that was read. */
export function toView(
  generation: number,
  items: readonly FollowedItem[],
  entries: readonly OutboxEntry[],
): OutboxView {
  const read = entries.at(-1)?.number ?? 0;
  const reading: OpenReading = { entries: [], byId: new Map(), byStream: new Map(), read, versions: new Map() };
  for (const entry of entries) put(reading, entry);
  return viewOf(generation, items, reading);
}

/** Makes the view after an entry was added to the newest one. */
export function withEntry({ items, reading }: OutboxView, generation: number, entry: OutboxEntry): OutboxView {
  put(reading as OpenReading, entry);
  return viewOf(generation, items, reading);
}

function put({ entries, byId, byStream }: OpenReading, entry: OutboxEntry): void {
  entries.push(entry);
  byId.set(entry.id, entry);
  if (entry.rejected !== null) return;
  for (const stream of entry.streams) {
    const own = byStream.get(stream);
    if (own === undefined) byStream.set(stream, [entry]);
    else own.push(entry);
  }
}

function viewOf(generation: number, items: readonly FollowedItem[], reading: Reading): OutboxView {
  const count = reading.entries.length;
  let entries: readonly OutboxEntry[] | undefined;
  return {
    generation,
    items,
    follows: (stream) => items.some((item) => covers(item, stream)),
    count,
    // Most views are only looked at for what was added.
    get entries() {
      return (entries ??= reading.entries.slice(0, count));
    },
    reading,
  };
}
