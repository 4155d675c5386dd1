import { checkVerb } from "../validate.ts";
import type { Event } from "../event.ts";
import type { EventStore } from "../store/event-store.ts";
import { openEventStore, type OpenOptions } from "../store/open-event-store.ts";
import type { EventReader } from "../read/read.ts";
import { writeJson } from "../storage/event-page.ts";
import { createMemoryStorage } from "../storage/memory/storage.ts";
import type { AppendRequest } from "../storage/protocol.ts";

/** How many events to copy at a time. */
const BATCH = 1_000;

/**
 * Copies a store, or a past view of it (`store.at(position)`), into a new store in memory: positions, versions, ids and timestamps
 * stay the same. Append to the copy to see what would have happened, and close it when done.
 *
 * @throws `invalid-argument` for options that `openEventStore` refuses; what reading the source rejects with: `store-closed`,
 * `unknown-event`, `upcast-failed` or a storage code such as `storage-corrupt`.
 * @example
 * ```ts
 * await account.append({ type: "deposited", data: { amount: 100 } });
 * await using copy = await fork(store.at(1));
 * await copy.stream("account-1").append({ type: "withdrawn", data: { amount: 100 } });
 * console.log(await copy.head(), await store.head()); // → 2 1
 * ```
 */
export async function fork<Known extends Event = Event>(
  source: { read<E extends Event>(): EventReader<E> },
  options: OpenOptions<Known> = {},
): Promise<EventStore<Known>> {
  checkVerb(source, "read", "source", "a store, or what its at() shows");
  const storage = createMemoryStorage();
  const batch: AppendRequest[] = [];
  for await (const { stream, timestamp, data, metadata, ...rest } of source.read()) {
    const textOf = (value: unknown): string => writeJson(value, rest);
    const texts = { data: data === undefined ? null : textOf(data), metadata: textOf(metadata) };
    const entry = { stream, expectedVersion: "any", events: [{ ...rest, ...texts }] } as const;
    batch.push({ entries: [entry], timestamp, freshIds: true });
    if (batch.length === BATCH) await storage.append(batch.splice(0));
  }
  await storage.append(batch);
  return openEventStore({ name: "memory", open: () => Promise.resolve({ storage, verbs: {} }) }, options);
}
