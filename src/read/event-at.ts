import type { StoredEvent } from "../event.ts";
import { createPager } from "./pager.ts";
import { corrupt } from "../storage/event-page.ts";
import type { StoreContext } from "../storage/store-context.ts";

/** Reads the event at a position. @throws `storage-corrupt` if it cannot be read, `unknown-event`, `upcast-failed` or another storage code. */
export async function eventAt(
  context: Pick<StoreContext, "storage" | "format" | "pause">,
  position: number,
): Promise<StoredEvent> {
  const pager = createPager(context, { after: position - 1, upTo: position, direction: "forward" });
  // A damaged page comes back empty and is then read again event by event.
  for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
    if (page[0] !== undefined) return page[0];
  }
  throw corrupt(position);
}
