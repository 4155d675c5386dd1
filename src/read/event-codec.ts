import type { StoredEvent } from "../event.ts";
import type { EventFormat } from "../events/event-format.ts";
import { matches } from "../events/filter.ts";
import { decodePage } from "../storage/event-page.ts";
import type { EventPage, RecordFilter } from "../storage/protocol.ts";

/**
 * The events of a page that a filter lets through, as the code knows them. What is filtered away is not converted, so that
 * an event that cannot be strikes only who asked for it. Throws `storage-corrupt`, and what {@link EventFormat.read} does.
 */
export function readPage(page: EventPage, format?: EventFormat, filter?: RecordFilter): StoredEvent[] {
  const stored = decodePage(page);
  const wanted = filter === undefined ? stored : stored.filter((event) => matches(filter, event));
  return format === undefined ? wanted : wanted.map((event) => format.read(event));
}
