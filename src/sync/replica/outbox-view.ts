import type { FollowedItem, GenerationStep, OutboxEntry } from "../../storage/protocol.ts";
import { covers } from "../../storage/sync-rules.ts";

/** After so many settled entries, a reading begins another list of them. */
const MOST_SETTLED = 1_000;

/** What has become of an entry: `entry` is undefined if it has left the outbox. */
interface Settled {
  readonly id: string;
  readonly entry: OutboxEntry | undefined;
}

/** The outbox as it was read or became, and what this client has queued since: entries are only added. */
export interface Reading {
  readonly entries: readonly OutboxEntry[];
  byId(): ReadonlyMap<string, OutboxEntry>;
  /** The entries of each stream that are not rejected. */
  byStream(): ReadonlyMap<string, readonly OutboxEntry[]>;
  /** The number of the newest entry at first. Of later ones, which this client has queued, no event was stored. */
  readonly read: number;
  /** The versions of streams without what is pending. There would be another reading if one of them changed. */
  readonly versions: Map<string, number>;
  /** What was settled up to this reading, and maybe later. Readings that were made from one another have the same list. */
  readonly settled: readonly Settled[];
  /** How many of them were settled up to this reading. */
  readonly upTo: number;
}

/** The outbox, and what is followed, as they were at a generation. */
export interface OutboxView {
  readonly generation: number;
  readonly items: readonly FollowedItem[];
  /** Tells whether one of these items covers a stream. */
  follows(stream: string): boolean;
  readonly count: number;
  entries(): readonly OutboxEntry[];
  /** A later view of the same reading only has further entries. */
  readonly reading: OpenReading;
}

/** A reading that can be added to: what is queued to its entries, what is settled later to the list of that. */
interface OpenReading extends Reading {
  readonly entries: OutboxEntry[];
  readonly settled: Settled[];
}

/** Makes the view of an outbox that was read, of entries that nobody else changes. */
export function toView(
  generation: number,
  items: readonly FollowedItem[],
  entries: OutboxEntry[],
  settled: Settled[] = [],
): OutboxView {
  return viewOf(generation, items, toReading(entries, settled));
}

/**
 * Returns a function that makes the newest view into the one after a call of this client, or returns undefined if something else has
 * changed, too. `become` returns what the call has made of an entry: undefined if it was removed, null if that is not known.
 */
export function afterStep(
  become: (entry: OutboxEntry) => OutboxEntry | undefined | null,
): (
  outcome: { readonly outcome?: string; readonly step?: GenerationStep } | void,
  last: OutboxView,
) => OutboxView | undefined {
  return (outcome, last) => {
    const step = outcome?.step;
    if (step?.from !== last.generation) return undefined;
    if (step.to === last.generation) return last;
    const { settled } = last.reading;
    const all = settled.length < MOST_SETTLED ? settled : [];
    const left: OutboxEntry[] = [];
    for (const entry of last.entries()) {
      const now = become(entry);
      if (now === null) return undefined;
      if (now !== entry) all.push({ id: entry.id, entry: now });
      if (now !== undefined) left.push(now);
    }
    return toView(step.to, last.items, left, all);
  };
}

/** Makes the view after entries were added to the newest one. */
export function viewOf(generation: number, items: readonly FollowedItem[], reading: OpenReading): OutboxView {
  const count = reading.entries.length;
  let entries: readonly OutboxEntry[] | undefined;
  return {
    generation,
    items,
    follows: (stream) => items.some((item) => covers(item, stream)),
    count,
    // Most views are only looked at for what was added.
    entries: () => (entries ??= reading.entries.slice(0, count)),
    reading,
  };
}

function toReading(entries: OutboxEntry[], settled: Settled[]): OpenReading {
  const byId = new Map<string, OutboxEntry>();
  const byStream = new Map<string, OutboxEntry[]>();
  /** How many entries are in the maps: most readings are not asked for them. */
  let mapped = 0;

  function map<T>(made: T): T {
    for (; mapped < entries.length; mapped++) {
      const entry = entries[mapped] as OutboxEntry;
      byId.set(entry.id, entry);
      if (entry.rejected !== null) continue;
      for (const stream of entry.streams) {
        const own = byStream.get(stream);
        if (own === undefined) byStream.set(stream, [entry]);
        else own.push(entry);
      }
    }
    return made;
  }

  return {
    entries,
    byId: () => map(byId),
    byStream: () => map(byStream),
    read: entries.at(-1)?.number ?? 0,
    versions: new Map(),
    settled,
    upTo: settled.length,
  };
}
