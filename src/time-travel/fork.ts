import type { Event } from "../event.ts";
import { openEventStore, type EventStore, type OpenOptions } from "../store/event-store.ts";
import type { EventReader } from "../read/read.ts";
import { createMemoryStorage } from "../storage/memory/storage.ts";
import type { AppendRequest } from "../storage/protocol.ts";

/** How many events are copied at a time. */
const BATCH = 1_000;

/**
 * Copies a store, or what `store.at(place)` shows of it, into a store in memory, with its positions, versions, ids and times:
 * there, what did not happen can be appended. It is a store of its own: close it.
 */
export async function fork<Known extends Event = Event>(
  source: { read<E extends Event>(): EventReader<E> },
  options: OpenOptions<Known> = {},
): Promise<EventStore<Known>> {
  const storage = createMemoryStorage();
  const batch: AppendRequest[] = [];
  for await (const { stream, timestamp, data, metadata, ...rest } of source.read()) {
    const texts = { data: data === undefined ? null : JSON.stringify(data), metadata: JSON.stringify(metadata) };
    const entry = { stream, expectedVersion: "any", events: [{ ...rest, ...texts }] } as const;
    batch.push({ entries: [entry], timestamp, freshIds: true });
    if (batch.length === BATCH) await storage.append(batch.splice(0));
  }
  await storage.append(batch);
  return openEventStore({ name: "memory", open: () => Promise.resolve({ storage, verbs: {} }) }, options);
}
