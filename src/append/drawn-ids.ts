import type { AppendRequest, EventRecord } from "../storage/protocol.ts";
import { checkId } from "../validate.ts";

/** So often ids are made where those of the times before are known; then `newId` is at fault. */
export const DRAWS = 10;

/** Makes the ids of `newId` anew, in place: nobody else has the request any more. Throws `invalid-event`. */
export function redraw({ entries }: AppendRequest, newId: () => string): void {
  for (const { events } of entries) {
    for (const event of events as (EventRecord & { id: string })[]) {
      if (event.drawn) checkId((event.id = newId()), "newId");
    }
  }
}
