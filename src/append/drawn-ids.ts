import { EventStoreError } from "../errors.ts";
import type { AppendRequest, EventRecord } from "../storage/protocol.ts";
import { checkId } from "../validate.ts";

/** So often ids are made where those of the times before are known; then `newId` is at fault. */
export const DRAWS = 10;

/** Nobody else has the request any more. */
type OwnRecord = EventRecord & { id: string };

/** Makes the ids of `newId` anew, in place. Throws `invalid-event`. */
export function redraw({ entries }: AppendRequest, newId: () => string): void {
  for (const { events } of entries) for (const event of events) if (event.drawn) draw(event, newId);
}

/** An id that stands twice in one append is refused with `invalid-event`; one of `newId` is first made anew, in place. */
export function refuseTwins({ entries }: AppendRequest, path: (index: number) => string, newId: () => string): void {
  if (entries.length === 1 && entries[0]?.events.length === 1) return;
  const ids = new Set<string>();
  // Those that were given come first: they cannot be made anew.
  for (const drawn of [undefined, true]) {
    entries.forEach(({ events }, index) => {
      events.forEach((event, place) => {
        if (event.drawn !== drawn) return;
        for (let draws = DRAWS; ids.has(event.id); draws--) {
          const at = drawn ? "newId" : `${path(index)}events[${place}].id`;
          const message = `${at}: "${event.id}" was given twice in one append`;
          if (!drawn || draws === 0) throw new EventStoreError("invalid-event", message, { path: at });
          draw(event, newId);
        }
        ids.add(event.id);
      });
    });
  }
}

function draw(event: EventRecord, newId: () => string): void {
  checkId(((event as OwnRecord).id = newId()), "newId");
}
