import type { StoredEvent } from "../event.ts";
import { createPager } from "./pager.ts";
import { corrupt } from "../storage/event-page.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** The event at a position. Rejects with `storage-corrupt` where it cannot be read, with what its upcasting throws, or with another storage code. */
export async function eventAt(
  source: Pick<StoreContext, "storage" | "format" | "turn">,
  position: number,
): Promise<StoredEvent> {
  const pager = createPager(source, { after: position - 1, upTo: position, direction: "forward" });
  // A page that could not be read is empty, and is then tried again event by event.
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    if (page[0] !== undefined) return page[0];
  }
  throw corrupt(position);
}
