import type { AppendRequest, EventRecord } from "../storage/protocol.ts";
import { checkId } from "../validate.ts";

/** How often to make new ids when they are stored already. After that, `newId` is assumed to be faulty. */
export const DRAWS = 10;

/** Replaces the ids that `newId` made, in place, because nobody else holds the request. @throws `invalid-event`. */
export function redraw({ entries }: AppendRequest, newId: () => string): void {
  for (const { events } of entries) {
    for (const event of events as (EventRecord & { id: string })[]) {
      if (event.drawn) checkId((event.id = newId()), "newId");
    }
  }
}
