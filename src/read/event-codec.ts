import type { StoredEvent } from "../event.ts";
import type { EventFormat } from "../events/event-format.ts";
import { matches } from "../events/filter.ts";
import { decodePage } from "../storage/event-page.ts";
import type { EventPage, RecordFilter } from "../storage/protocol.ts";

/**
 * Decodes a page, filters its events, and upcasts the rest. Events that are filtered out are not upcast, so that an event that
 * cannot be upcast fails only those reads that select it.
 *
 * @throws `storage-corrupt`, `unknown-event` or `upcast-failed`.
 */
export function readPage(page: EventPage, format?: EventFormat, filter?: RecordFilter): StoredEvent[] {
  const stored = decodePage(page);
  const wanted = filter ? stored.filter((event) => matches(filter, event)) : stored;
  return format ? wanted.map((event) => format.read(event)) : wanted;
}
