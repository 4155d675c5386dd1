import type { NewOutboxEntry, StoredRecord } from "./protocol.ts";

/** An entry of the outbox, and the events that confirm it. */
type EntryIds = Pick<NewOutboxEntry, "id" | "ids">;

/** After so many entries that have left in another way than by their events, the outbox is read again. */
const MOST_LEFT = 1_000;

/** Finds entries of the outbox by their events, so that confirmed events cost the same however long the outbox is. */
export interface EntryIndex {
  /** Notes an entry that was queued. */
  add(entry: EntryIds): void;
  /**
   * Returns the ids of the entries that wait for one of these events, which are being stored. Some of them may have left the outbox; others
   * may have events that are not stored yet.
   */
  take(stored: readonly Pick<StoredRecord, "id">[]): Iterable<string>;
  /** Notes that an entry has left in another way than by its events. */
  left(): void;
  /** Reads the outbox again the next time: something else has changed it, or a transaction may have been rolled back. */
  forget(): void;
}

/** `list` reads the outbox. It is called at the first use, and after `forget`. */
export function createEntryIndex(list: () => Iterable<EntryIds>): EntryIndex {
  let byEvent: Map<string, string[]> | undefined;
  let leftBehind = 0;

  function add({ id, ids }: EntryIds): void {
    for (const one of ids) {
      const own = byEvent?.get(one);
      if (own === undefined) byEvent?.set(one, [id]);
      else own.push(id);
    }
  }

  return {
    add,
    take(stored) {
      if (byEvent === undefined) {
        [byEvent, leftBehind] = [new Map(), 0];
        for (const entry of list()) add(entry);
      }
      const found = new Set<string>();
      for (const { id } of stored) {
        for (const entry of byEvent.get(id) ?? []) found.add(entry);
        byEvent.delete(id);
      }
      return found;
    },
    left() {
      if (++leftBehind > MOST_LEFT) byEvent = undefined;
    },
    forget: () => void (byEvent = undefined),
  };
}
