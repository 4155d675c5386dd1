import type { AppendRequest, EventRecord } from "../storage/protocol.ts";
import { checkId, invalidEvent } from "../validate.ts";

/** How often to make new ids when they are stored already. After that, `newId` is assumed to be faulty. */
export const DRAWS = 10;

/** A record that nobody else holds. */
type OwnRecord = EventRecord & { id: string };

/** Replaces the ids that `newId` made, in place, because nobody else holds the request. @throws `invalid-event`. */
export function redraw({ entries }: AppendRequest, newId: () => string): void {
  for (const { events } of entries) for (const event of events) if (event.drawn) draw(event, newId);
}

/** The place of an entry in errors; nothing if it is the only one. */
export function placeOf(index: number, single: true | undefined): string {
  return single ? "" : `entries[${index}].`;
}

/** Refuses an id that is used twice in one append; one that `newId` made is replaced first, in place. @throws `invalid-event`. */
export function refuseDuplicates({ entries }: AppendRequest, newId: () => string, single: true | undefined): void {
  if (entries.length === 1 && entries[0]!.events.length === 1) return;
  const ids = new Set<string>();
  // Given ids come first, because they cannot be replaced.
  for (const drawn of [undefined, true]) {
    entries.forEach(({ events }, index) => {
      events.forEach((event, place) => {
        if (event.drawn !== drawn) return;
        for (let draws = DRAWS; ids.has(event.id); draws--) {
          const at = drawn ? "newId" : `${placeOf(index, single)}events[${place}].id`;
          if (!drawn || draws === 0) throw invalidEvent(at, `"${event.id}" is used twice`);
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
